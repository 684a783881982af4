"""`python -m harvest.drill.closing`: closes every provider's circuit in the data folder of the environment, as staff do in the admin."""

import asyncio
import os


async def main() -> None:
    """Close them all."""
    from bookstrack.lib import redis
    from harvest.drill.faults import OPTIONS
    from search import services

    try:
        for provider in OPTIONS.values():
            await services.close_circuit(provider)
    finally:
        await redis.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    asyncio.run(main())
