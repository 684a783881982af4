"""Languages in every notation."""

import re

import pytest
from hypothesis import given

from search.normalisers.languages import language_code
from tests.search.normalisers.hostile import ANYTHING, long_texts


@pytest.mark.parametrize(
    ("code", "notations"),
    [
        ("en",
        ["en", "EN", "eng", "en-US", "en_GB", "/languages/eng", "English", " english ", "Englisch", "inglês",
        "English (US)"]),
        ("fr", ["fr", "fre", "fra", "French", "français", "Französisch", "francês"]),
        ("de", ["ger", "deu", "German", "Deutsch", "allemand", "niemiecki", "němčina"]), ("nl", ["dut", "nld", "Dutch", "Nederlands"]),
        ("es", ["spa", "Spanish; Castilian", "español", "es-419"]), ("pt", ["por", "português", "pt-BR"]),
        ("zh", ["chi", "zho", "zh-Hant-TW", "中文"]),
        ("ru", ["rus", "русский"]), ("ja", ["jpn", "日本語"]), ("el", ["gre", "ell", "Greek", "Ελληνικά"]),
        ("he", ["heb", "iw"]), ("mi", ["mao", "mri"]),
        (None,
        ["", "und", "mul", "zxx", "grc", "enm", "xx", "english, french", "Klingon", None, 5, ["eng"],
        {"key": "/languages/eng"}]),
    ],
)  # fmt: skip
def test_language_code(code: str | None, notations: list[object]) -> None:
    assert [language_code(notation) for notation in notations] == [code] * len(notations)


@given(ANYTHING)
def test_languages_of_anything(raw: object) -> None:
    code = language_code(raw)
    assert code is None or (re.fullmatch("[a-z]{2}", code) and language_code(code) == code)


def test_long_texts() -> None:
    for text in long_texts():
        language_code(text)
