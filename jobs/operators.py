"""Which machine may operate jobs: service tokens by their scope, and the operator's own secret for harvests. Part of the services.

Source: spec 02, "Operations".
"""

import hashlib
import hmac
from collections.abc import Mapping

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import Forbidden, TokenExpired, Unauthorized
from jobs import conf
from jobs.models import ServiceToken

HARVEST = "harvest"
SECRET_NAME = "harvest-secret"  # noqa: S105  (a name: as it stands in records; no token is named so by us)


async def allowed(headers: Mapping[str, str], scope: str) -> str:
    """The name of the service token that a request carries, where it has the scope. `headers` are found by names in any case.

    `Authorization: Bearer`, the pair `X-Service-Name` and `X-Service-Token`, or, for harvests, `X-Harvest-Secret`: a service token too,
    or what HARVEST_SECRET is. A wrong one, an unknown one and a revoked one are told apart by nothing.

    Raises: Unauthorized, TokenExpired, Forbidden.
    """
    clear, named = _given(headers, scope)
    if scope == HARVEST and _is_harvest_secret(headers.get("X-Harvest-Secret", "")):
        return SECRET_NAME
    token = await in_db(ServiceToken.known, clear) if clear else None
    if token is None or (named and token.name != named):
        raise Unauthorized("A valid service token is needed.")
    if token.expired:
        raise TokenExpired("This service token has expired.")
    if not token.allows(scope):
        raise Forbidden(f"This service token lacks the scope {scope}.", details={"scope": scope})
    await in_db(token.used)
    return token.name


def is_machine(name: str) -> bool:
    """Whether a service token has this name, valid or not. In a thread that may use the database."""
    return name == SECRET_NAME or ServiceToken.objects.filter(name=name).exists()


def _given(headers: Mapping[str, str], scope: str) -> tuple[str, str]:
    """The token in clear, and the name that must be its own where one is said."""
    scheme, _, clear = headers.get("Authorization", "").partition(" ")
    named = headers.get("X-Service-Name", "")
    if scheme.lower() != "bearer" or not clear.strip():
        clear = headers.get("X-Service-Token", "") if named else ""
    if not clear.strip() and scope == HARVEST:
        clear = headers.get("X-Harvest-Secret", "")
    return clear.strip(), named


def _is_harvest_secret(given: str) -> bool:
    secret = conf.harvest_secret()
    hashes = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, secret)]  # equal in length
    return bool(secret) and hmac.compare_digest(*hashes)
