"""Makes `.venv` and installs requirements files into it; a file that was installed already costs one hash.

Run by any Python from 3.11 (the Makefile finds one), before anything is installed: standard library only.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


class BootstrapError(Exception):
    """A reason to stop that the person at the terminal can do something about."""


def main(names: list[str]) -> int:
    """Installs the requirements files named; 0, or 1 after a message."""
    if not missing(names):
        return 0
    try:
        with only_one():
            install(missing(names))
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def missing(names: list[str]) -> list[str]:
    """Those of the files that changed since they were installed, or never were."""
    if not VENV_PYTHON.exists():
        return names
    return [name for name in names if not stamp(name).exists() or stamp(name).read_text() != digest(name)]


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def digest(name: str) -> str:
    """The hash of a requirements file and of all that it includes with `-r`."""
    texts = [(ROOT / each).read_bytes() for each in [name, *included(name)]]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def included(name: str) -> list[str]:
    """The files that a requirements file includes, near and far."""
    found: list[str] = []
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            inner = line.removeprefix("-r ").split("#")[0].strip()
            found += [inner, *included(inner)]
    return found


@contextmanager
def only_one() -> Iterator[None]:
    """Holds the checkout: two `make` at once would write into one another's environment."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("bootstrap: another make installs into .venv, waiting for it", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def install(names: list[str]) -> None:
    """Installs the files and notes each as installed, with those that it includes."""
    if not names:
        return
    if not has_pip():
        make_venv()
    for name in names:
        digests = {each: digest(each) for each in [name, *included(name)]}  # before: an editor may be at work
        stamp(name).unlink(missing_ok=True)
        print(f"bootstrap: installing {name} into .venv", flush=True)
        pip = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        if not sys.stdout.isatty():
            pip += ["--progress-bar", "off"]
        if subprocess.run([*pip, "-r", name], cwd=ROOT).returncode:  # noqa: S603 - our own words
            raise BootstrapError(f"{name} could not be installed; pip says why above. Run make again to go on.")
        for done, installed in digests.items():
            stamp(done).write_text(installed)


def has_pip() -> bool:
    """Whether `.venv` is whole: one whose making was interrupted, or whose Python is gone, is not."""
    try:
        probe = subprocess.run([VENV_PYTHON, "-c", "import pip"], capture_output=True)  # noqa: S603 - our own words
    except OSError:
        return False
    return probe.returncode == 0


def make_venv() -> None:
    """Makes `.venv` anew."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise BootstrapError(
            "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv; then run make again."
        )
    print(f"bootstrap: making .venv with Python {sys.version.split()[0]}", flush=True)
    base = getattr(sys, "_base_executable", sys.executable)  # this may be a half-made .venv's own Python
    if subprocess.run([base, "-m", "venv", "--clear", VENV], cwd=ROOT).returncode:  # noqa: S603 - our own words
        raise BootstrapError("the virtual environment .venv could not be made; Python says why above.")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
