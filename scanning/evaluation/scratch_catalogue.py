"""A catalogue of given files alone, in a data folder of its own: measured again it gives the same, whatever this server has loaded."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from django.conf import settings

from bookstrack.lib.evaluation import NothingToMeasure
from scanning.evaluation.photo_truth import TruePhoto


def environment(folder: Path) -> Mapping[str, str]:
    """The settings of a process that has the folder's catalogue and asks nobody else."""
    own = {"BOOKSTRACK_DATA_DIR": str(folder.resolve()), "DATABASE_URL": "", "SEARCH_PROVIDERS": "catalogue"}
    return os.environ | own


def load(folder: Path, files: Sequence[Path]) -> None:
    """Make the catalogue of the files in a folder; what is loaded there already is left as it is.

    Raises: NothingToMeasure where a file cannot be loaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manage(folder, "migrate", "--verbosity", "0")
    manage(folder, "load_catalogue", "--quiet", *(str(file.resolve()) for file in files))


def of_truths(photos: Iterable[TruePhoto], file: Path) -> Path:
    """Write the books that photos list as a CSV, each once; the file."""
    books = dict.fromkeys((book.title, book.author, book.isbn or "") for photo in photos for book in photo.books)
    with file.open("w", encoding="utf-8", newline="") as into:
        csv.writer(into).writerows([("title", "author", "isbn"), *books])
    return file


def manage(folder: Path, *command: str) -> None:
    """Run a command of ours upon the folder; what it says is shown to people, not mixed into what we answer.

    Raises: NothingToMeasure where it fails.
    """
    called = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    done = subprocess.run(called, env=environment(folder), stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise NothingToMeasure(f"{command[0]} failed on the scratch catalogue: {done.stdout.strip() or 'see above'}")
