"""Encodings are found by mark, by bytes, and by the letters of the languages; letters come out as they were written."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.imports.encoding import find_encoding
from scanning.imports.table import Unreadable
from tests.scanning.imports.files import cells, codes, opened, rows

TITLES = {
    "fr": [
        "L'Été meurtrier,Sébastien Japrisot",
        "Le Château de ma mère,Marcel Pagnol",
        "La Bête humaine,Émile Zola",
        "Les Misérables,Victor Hugo",
    ],
    "de": [
        "Der Prozeß,Franz Kafka",
        "Die unendliche Geschichte für Kinder,Ende",
        "Schöne neue Welt,Huxley",
        "Erzählungen,Böll",
        "Überall,Süskind",
    ],
    "es": ["Cien años de soledad,García Márquez", "El amor en los tiempos del cólera,García Márquez", "Crónica,X", "¿Quién mató?,Vargas"],
    "pt": ["Memórias Póstumas de Brás Cubas,Assis", "Sertão,Guimarães Rosa", "Capitães da Areia,Amado", "Ficções e lições,Eça de Queirós"],
    "sv": ["Män som hatar kvinnor,Larsson", "Pippi Långstrump går ombord,Lindgren", "Låt den rätte komma in,X", "Öar,Björn"],
    "pl": [
        "Ostatnie życzenie,Sapkowski",
        "Krew elfów i wieża jaskółki,Sapkowski",
        "Księgi Jakubowe,X",
        "Prowadź swój pług przez kości,Y",
        "Łaska,Z",
    ],
    "cs": ["Nesnesitelná lehkost bytí,Kundera", "Osudy dobrého vojáka Švejka,Hašek", "Příliš hlučná samota,Hrabal", "Válka s mloky,Čapek"],
    "hu": ["A Pál utcai fiúk,Molnár", "Sorstalanság,Kertész", "Légy jó mindhalálig,Móricz", "Tűz és víz őrzője,Nagy Ödön"],
    "tr": ["Benim Adım Kırmızı,Orhan Pamuk", "Tutunamayanlar,Oğuz Atay", "İnce Memed,Yaşar Kemal", "Saatleri Ayarlama Enstitüsü,Tanpınar"],
    "ru": ["Война и мир,Лев Толстой", "Мастер и Маргарита,Михаил Булгаков", "Анна Каренина,Лев Толстой", "Мёртвые души,Гоголь"],
    "el": ["Βίος και Πολιτεία του Αλέξη Ζορμπά,Νίκος Καζαντζάκης", "Το Άξιον Εστί,Οδυσσέας Ελύτης"],
}
PAGES = [
    *((language, "cp1252") for language in ("fr", "de", "es", "pt", "sv")),
    *((language, "cp1250") for language in ("pl", "cs", "hu")),
    *((language, "iso-8859-2") for language in ("pl", "cs")),
    *((language, "mac-roman") for language in ("fr", "de", "es", "pt")),
    *((language, "cp850") for language in ("fr", "de", "es")),
    *(("ru", page) for page in ("cp1251", "koi8-r", "cp866")),
    ("tr", "cp1254"),
    ("el", "cp1253"),
]


@pytest.mark.parametrize(("language", "page"), PAGES)
def test_a_language_in_its_code_page_is_read_as_it_was_written(language: str, page: str) -> None:
    lines = TITLES[language]
    table = opened("\n".join(["Title,Author", *lines]), page)
    assert [",".join(row.cells) for row in table.rows()] == lines
    assert codes(table) == ["ENCODING_GUESSED"]


@given(st.data())
def test_any_few_lines_of_western_titles_are_found_in_any_order(data: st.DataObject) -> None:
    pool = [line for language in ("fr", "de", "es", "pt", "sv") for line in TITLES[language]]
    lines = data.draw(st.lists(st.sampled_from(pool), min_size=4, max_size=12, unique=True))
    text = "\n".join(["Title,Author", *lines])
    assert find_encoding(io.BytesIO(text.encode("cp1252"))).name == "cp1252"


@given(st.data())
def test_any_few_lines_of_polish_and_czech_titles_are_found(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(TITLES["pl"] + TITLES["cs"]), min_size=5, max_size=9, unique=True))
    text = "\n".join(["Title,Author", *lines])
    found = find_encoding(io.BytesIO(text.encode("cp1250"))).name
    assert text.encode("cp1250").decode(found) == text


def test_typographic_marks_of_windows_are_no_letters() -> None:
    text = "Title,Author,ISBN,Shelf\nCafé Müller – „Straße“,Zoë Ångström,,x\n“Quoted” naïve façade,José Ñandú,,y\n"
    assert opened(text, "cp1252").encoding == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_decides(encoding: str) -> None:
    table = opened("Title,Author\nМир,Я\n", encoding)
    assert table.header == ("Title", "Author") and not table.notes
    assert [row.cells for row in table.rows()] == [("Мир", "Я")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("title", ["Dune", "Война и мир"])
def test_utf_16_without_a_mark_is_seen_by_its_zero_bytes(encoding: str, title: str) -> None:
    table = opened(f"Title,Author,Year\n{title},Ann Bee,1965\n", encoding)
    assert table.encoding == encoding and codes(table) == ["ENCODING_GUESSED"]
    assert [row.cells for row in table.rows()] == [(title, "Ann Bee", "1965")]


def test_utf_8_with_a_few_broken_bytes_stays_utf_8_and_the_row_is_named() -> None:
    text = "Title,Author\nPâtisserie,Mélanie\nBroken,X".encode() + b"\xe2y\nFa\xc3\xa7ade,Z\n"
    table = opened(text)
    assert table.encoding == "utf-8" and codes(table) == ["BROKEN_BYTES"]
    found = list(table.rows())
    assert [row.cells[1] for row in found] == ["Mélanie", "X\ufffdy", "Z"]
    assert [[note.code for note in row.notes] for row in found] == [[], ["BROKEN_BYTES"], []]


def test_a_character_cut_between_two_blocks_of_the_file_is_whole() -> None:
    text = "Title,Author\n" + "a" * ((1 << 20) - 14) + "é" + ",b\nDune,Herbert\n"
    assert find_encoding(io.BytesIO(text.encode())).broken == 0


def test_the_encoding_that_is_asked_for_is_taken() -> None:
    assert cells("Title,Author\nÅ,B\n".encode("cp1252"), encoding="windows-1250") == [("Ĺ", "B")]
    assert cells("\ufeffTitle,Author\nÅ,B\n", encoding="utf8") == [("Å", "B")]


@pytest.mark.parametrize("encoding", ["nonsense", "unicode_escape", "base64", "utf-7", "../etc", ""])
def test_an_encoding_that_is_no_encoding_of_files_is_refused(encoding: str) -> None:
    if not encoding:
        assert opened("Title,Author\na,b\n", encoding=encoding).encoding == "utf-8"
        return
    with pytest.raises(Unreadable) as refused:
        opened("Title,Author\na,b\n", encoding=encoding)
    assert refused.value.code == "INVALID_FILE" and refused.value.details == {"field": "encoding"}


def test_zero_characters_are_left_out() -> None:
    assert rows("Title,Author\nDu\0ne,Herbert\n")[0].cells == ("Dune", "Herbert")
