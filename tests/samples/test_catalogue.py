"""The sample catalogue is what samples/README.md says."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

CATALOGUE = Path(__file__).resolve().parents[2] / "samples" / "catalogue.jsonl"
LINES = CATALOGUE.read_text(encoding="utf-8").splitlines()
WORKS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
EDITIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [(work, edition) for work in WORKS for edition in work["editions"]]
ISBNS: list[tuple[str, str]] = [(edition["isbn"], edition["language"]) for _, edition in EDITIONS if "isbn" in edition]

WORK = {
    "id": str,
    "title": str,
    "subtitle": str,
    "authors": list,
    "firstPublicationYear": int,
    "originalLanguage": str,
    "subjects": list,
    "series": dict,
    "titles": list,
    "editions": list,
}
AUTHOR = {"name": str, "birthYear": int, "deathYear": int, "otherNames": list}
EDITION = {
    "isbn": str,
    "title": str,
    "language": str,
    "publisher": str,
    "publicationDate": str,
    "pageCount": int,
    "format": str,
}
SUBJECTS = {
    "Science Fiction", "Fantasy", "Mystery", "Thriller", "Romance", "Horror", "Literary Fiction", "Historical Fiction",
    "Biography", "History", "Science", "Philosophy", "Self-Help", "Business", "True Crime", "Young Adult", "Children's",
    "Middle Grade", "Classics", "Contemporary", "Graphic Novels", "Poetry", "Dystopian", "Fiction",
}  # fmt: skip
FORMATS = {"Hardcover", "Paperback", "E-book", "Audiobook", "Mass Market"}

# registration group -> languages its publishers print in
GROUPS = {
    "9780": "en", "9781": "en", "9782": "fr", "9783": "de", "9784": "ja", "9785": "ru", "9787": "zh", "97882": "no",
    "97883": "pl", "97884": "es ca", "97885": "pt", "97887": "da", "97888": "it", "97889": "ko", "97890": "nl",
    "97891": "sv", "978603": "ar", "978605": "tr", "978614": "ar", "978950": "es", "978951": "fi", "978957": "zh",
    "978960": "el", "978963": "hu", "978964": "fa", "978965": "he", "978966": "uk", "978972": "pt", "978975": "tr",
    "978977": "ar", "9789933": "ar", "9789953": "ar", "97911": "ko",
}  # fmt: skip
ELSEWHERE = {
    "9780307474728": "es: Vintage Español prints in New York",
    "9780307474742": "es: Vintage Español prints in New York",
    "9781400034956": "es: Vintage Español prints in New York",
    "9782843053054": "ar: Al-Mada has a French publisher's prefix",
    "9782843091971": "ar: Al-Mada has a French publisher's prefix",
    "9785050038739": "ar: Raduga of Moscow printed translations",
}


def checksum_is_right(isbn: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(isbn)) % 10 == 0


def languages_of_group(isbn: str) -> set[str]:
    prefix = next((isbn[:length] for length in range(8, 3, -1) if isbn[:length] in GROUPS), "")
    assert prefix, f"{isbn} is of a group that the table does not name"
    return set(GROUPS[prefix].split())


def repeated(values: list[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def assert_shape(thing: dict[str, Any], shape: dict[str, type], required: set[str], where: str) -> None:
    assert set(thing) <= set(shape), (where, set(thing) - set(shape))
    assert required <= set(thing), (where, required - set(thing))
    for member, value in thing.items():
        assert type(value) is shape[member], (where, member)
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if isinstance(text, str):
                assert text and text == text.strip() == unicodedata.normalize("NFC", text), (where, member, text)


def test_every_line_is_one_work() -> None:
    assert len(WORKS) >= 450
    assert all(isinstance(work, dict) and next(iter(work)) == "id" for work in WORKS)
    assert CATALOGUE.read_bytes().endswith(b"}\n")


def test_works_have_the_documented_members() -> None:
    for work in WORKS:
        assert_shape(work, WORK, {"id", "title", "authors", "subjects", "editions"}, work["id"])
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", work["id"]), work["id"]
        assert work["editions"] and work["subjects"], work["id"]
        assert all(isinstance(title, str) for title in work.get("titles", [])), work["id"]
        assert work["title"] not in work.get("titles", []), work["id"]
        assert set(work["subjects"]) <= SUBJECTS and not repeated(work["subjects"]), work["id"]


def test_authors_have_the_documented_members() -> None:
    for work in WORKS:
        for author in work["authors"]:
            assert_shape(author, AUTHOR, {"name"}, work["id"])
            born, died = author.get("birthYear"), author.get("deathYear")
            assert born is None or -1000 < born < 2010, author
            assert died is None or -1000 < died <= 2026, author
            assert born is None or died is None or 10 < died - born < 110, author


def test_an_author_has_the_same_facts_everywhere() -> None:
    facts: dict[tuple[str, int | None], set[str]] = {}
    for work in WORKS:
        for author in work["authors"]:
            facts.setdefault((author["name"], author.get("birthYear")), set()).add(json.dumps(author, sort_keys=True))
    assert not [who for who, versions in facts.items() if len(versions) > 1]


def test_editions_have_the_documented_members() -> None:
    for work, edition in EDITIONS:
        assert_shape(edition, EDITION, {"title", "language"}, work["id"])
        assert re.fullmatch("[a-z]{2}", edition["language"]), work["id"]
        assert edition.get("format", "Paperback") in FORMATS, work["id"]
        assert 1 < edition.get("pageCount", 100) < 3000, work["id"]
        date = edition.get("publicationDate", "2000")
        assert re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", date), (work["id"], date)
        assert 1800 <= int(date[:4]) <= 2026, (work["id"], date)
        assert "publicationDate" not in edition or int(date[:4]) >= work.get("firstPublicationYear", 0), (work["id"], date)


def test_series_have_a_name_and_numbers() -> None:
    places = []
    for work in WORKS:
        series = work.get("series", {"name": "none"})
        assert set(series) <= {"name", "position"} and series["name"], work["id"]
        position = series.get("position", 1)
        assert type(position) in (int, float) and 0 < position < 1000, work["id"]
        if "position" in series:
            places.append(f"{series['name']} {position}")
    assert not repeated(places)


def test_ids_and_isbns_are_unique() -> None:
    assert not repeated([work["id"] for work in WORKS])
    assert not repeated([isbn for isbn, _ in ISBNS])


def test_isbns_have_right_checksums() -> None:
    assert not [isbn for isbn, _ in ISBNS if not re.fullmatch(r"97[89]\d{10}", isbn) or not checksum_is_right(isbn)]


@pytest.mark.parametrize(("isbn", "right"), [("9780306406157", True), ("9780306406158", False), ("9780360406157", False)])
def test_the_checksum_of_this_test(isbn: str, right: bool) -> None:
    assert checksum_is_right(isbn) is right


def test_isbns_are_of_the_group_of_their_language() -> None:
    strangers = {isbn: language for isbn, language in ISBNS if language not in languages_of_group(isbn)}
    assert set(strangers) == set(ELSEWHERE)
    assert all(ELSEWHERE[isbn].startswith(f"{language}:") for isbn, language in strangers.items())


def test_years_are_in_range_and_no_author_writes_before_birth() -> None:
    for work in WORKS:
        year = work.get("firstPublicationYear", 1900)
        assert -800 <= year <= 2026 and year != 0, work["id"]
        births = [author["birthYear"] for author in work["authors"] if "birthYear" in author]
        assert all(birth + 10 < year for birth in births if "firstPublicationYear" in work), work["id"]


def test_a_title_in_another_language_stands_where_that_edition_does() -> None:
    for work in WORKS:
        language = work.get("originalLanguage")
        assert language is None or language in {edition["language"] for edition in work["editions"]}, work["id"]


def test_the_catalogue_is_of_the_whole_world() -> None:
    languages = Counter(edition["language"] for _, edition in EDITIONS)
    wanted = {"ja": 20, "zh": 12, "ko": 8, "ar": 12, "he": 6, "ru": 20, "el": 10}
    assert len(languages) >= 20
    assert not {language: languages[language] for language, least in wanted.items() if languages[language] < least}
    scripts = {unicodedata.name(letter).split()[0] for work in WORKS for letter in work["title"] if letter.isalpha()}
    assert len(scripts) >= 8, scripts
    assert sum(len(work["editions"]) > 1 for work in WORKS) >= 120
    assert sum(any("isbn" in edition for edition in work["editions"]) for work in WORKS) >= 0.85 * len(WORKS)


def test_awkward_titles_are_there() -> None:
    titles = {edition["title"] for _, edition in EDITIONS} | {work["title"] for work in WORKS}
    awkward = {
        "Harry Potter and the Sorcerer's Stone", "Finnegans Wake", "L'Étranger", "Ender's Game", "1984", "Catch-22",
        "Nineteen Eighty-Four", "Fahrenheit 451", "1Q84", "2666", "It", "Emma", "Dune Messiah", "Saga, Vol. 2",
        "ノルウェイの森", "Война и мир", "Cien años de soledad", "Βίος και Πολιτεία του Αλέξη Ζορμπά",
    }  # fmt: skip
    assert not awkward - titles


def test_same_titles_and_same_names_are_there() -> None:
    assert set(repeated([work["title"] for work in WORKS])) >= {"Hyperion", "Twilight"}
    people = {(author["name"], author.get("birthYear")) for work in WORKS for author in work["authors"]}
    assert {"Samuel Butler", "David Mitchell"} <= set(repeated([name for name, _ in people]))
