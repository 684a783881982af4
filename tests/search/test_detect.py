"""What the one box takes a text for."""

import pytest

from search.detect import detected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9780441172719", "isbn"), ("0-441-17271-7", "isbn"), ("978 0 441 17271 8", "isbn"), ("urn:isbn:9780441172719", "isbn"),
        ("Ursula K. Le Guin", "author"), ("Frank Herbert", "author"), ("Gabriel García Márquez", "author"),
        ("The Left Hand of Darkness", "title"), ("1984", "title"), ("dune", "title"), ("ノルウェイの森", "title"), ("Война и мир", "title"),
        ("9.78E+12", "isbn"),
    ],
)  # fmt: skip
def test_kinds(text: str, kind: str) -> None:
    found, confidence = detected(text)
    assert found == kind
    assert 0 < confidence <= 1
