"""Makes a data folder ready to be served: folder, key, database, first admin user, sample catalogue.

Run before every start; what is there already costs a look. Everything that can be expected to fail says so in a line.
"""

import fcntl
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
PREPARING = 0x70726570  # of PostgreSQL's advisory lock


class CannotPrepare(Exception):
    """A reason to stop that the operator can do something about."""


def main() -> int:
    """Prepare everything; 0, or 1 after a message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    from django.core.exceptions import ImproperlyConfigured

    from bookstrack import env

    try:
        data_dir = env.data_dir(BASE_DIR)
        make_data_dir(data_dir)
        with only_one(data_dir):
            prepare()
    except (CannotPrepare, ImproperlyConfigured) as error:
        print(f"cannot start: {error}")
        return 1
    except OSError as error:
        print(f"cannot start: {error.strerror}: {error.filename}" if error.filename else f"cannot start: {error}")
        return 1
    return 0


def make_data_dir(data_dir: Path) -> None:
    """Make the folder of all state, for its owner only.

    Raises: CannotPrepare when it cannot be made or written to.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotPrepare(f"BOOKSTRACK_DATA_DIR={data_dir} cannot be made: {error.strerror}") from None
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise CannotPrepare(f"BOOKSTRACK_DATA_DIR={data_dir} cannot be written to by this user")


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Wait for another one that prepares the same folder."""
    with (data_dir / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Bring the database up to date and fill it.

    Raises: CannotPrepare when the database is away.
    """
    from django.db import Error, connections

    try:
        timed("settings", set_up)
        timed("turn", take_turn)
        timed("migrations", migrate)
        timed("admin user", make_first_admin)
        timed("sample catalogue", load_samples)
    except Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise CannotPrepare(f"the database fails: {reason}") from error
    finally:
        connections.close_all()


def timed(what: str, step: Callable[[], str]) -> None:
    """Run a step and print what came of it and how long it took."""
    began_s = time.monotonic()
    outcome = step()
    print(f"{what}: {outcome} ({time.monotonic() - began_s:.2f} s)", flush=True)


def set_up() -> str:
    """Load the settings and the models."""
    import django

    django.setup()
    return "loaded"


def take_turn() -> str:
    """Wait while another host prepares the same database. The connection holds the lock, and gives it back when it is closed."""
    from django.db import connection

    if connection.vendor != "postgresql":  # a file of the data folder, which is ours already
        return "nobody else"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
    return "ours"


def migrate() -> str:
    """Apply the migrations that are missing."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return "up to date"
    call_command("migrate", interactive=False, verbosity=0)
    return f"{len(missing)} applied"


def make_first_admin() -> str:
    """Make a user who may do everything, unless there is one; the password is shown here and kept nowhere."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return "there is one"
    name, password = "admin", secrets.token_urlsafe(15)
    if users.filter(username=name).exists():
        name = f"admin-{secrets.token_hex(3)}"
    users.create_superuser(username=name, password=password)
    show_in_box(
        "First admin user. This is shown only once:",
        f"name      {name}",
        f"password  {password}",
        "sign in   /admin/",
    )
    return f"{name} made"


def show_in_box(*lines: str) -> None:
    """Print lines so that nobody overlooks them."""
    width = max(map(len, lines))
    edge = f"+{'-' * (width + 4)}+"
    print("\n".join([edge, *(f"|  {line:<{width}}  |" for line in lines), edge]), flush=True)


def load_samples() -> str:
    """Load the sample catalogue, unless it is loaded."""
    from search import services

    loaded = services.load_sample_catalogue()
    return f"{loaded} works loaded" if loaded else "there already"


if __name__ == "__main__":
    sys.exit(main())
