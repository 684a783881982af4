"""What an import asks for: the first ISBN, ids, and words that tell a book from its neighbours."""

import pytest

from scanning.imports.imported import Draft
from scanning.imports.matching import wanted


@pytest.mark.parametrize(
    ("draft", "title"),
    [
        (Draft(title="Dune"), "Dune"),
        (Draft(title="Star Wars", subtitle="Heir to the Empire"), "Star Wars: Heir to the Empire"),
        (Draft(title="Naruto", series_name="Naruto", series_position=5), "Naruto (Naruto, #5)"),
        (Draft(title="Wool", subtitle="A Story", series_name="Silo", series_position=1.5), "Wool: A Story (Silo, #1.5)"),
        (Draft(subtitle="A Story", series_name="Silo", series_position=1), ""),
    ],
)
def test_title_subtitle_and_place_in_a_series(draft: Draft, title: str) -> None:
    assert wanted(draft).title == title


def test_identifiers() -> None:
    ids = {"goodreads": "1", "google": "gid0", "uid": "x"}
    asked = wanted(Draft(title="Dune", author="Frank Herbert", isbns=("9780441172719", "9780441013593"), ids=ids))
    assert (asked.isbn, asked.author, asked.google_id) == ("9780441172719", "Frank Herbert", "gid0")
    assert asked.ids == {"goodreads": "1", "uid": "x"}
