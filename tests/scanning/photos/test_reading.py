import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.photos.reading import MAX_QUERY_WORDS, queries, readings, title_and_author
from tests.scanning.photos.spines import spine


@pytest.mark.parametrize(
    ("lines", "title", "author"),
    [
        (("REBECCA", ("Daphne du Maurier", 0.5)), "REBECCA", "Daphne du Maurier"),
        ((("STEPHEN KING", 1.0), ("Carrie", 0.4), ("DOUBLEDAY", 0.2)), "Carrie", "STEPHEN KING"),
        (("VIRGINIAWOOLF", ("BETWEEN THE ACTS", 0.8), ("MODERN CLASSICS", 0.2)), "BETWEEN THE ACTS", "VIRGINIAWOOLF"),
        (("DAPHNEZMAUBIER", "REBECCA"), "REBECCA", "DAPHNEZMAUBIER"),
        (("EPHEN", "KINGI", ("Carrie", 0.5)), "Carrie", "EPHEN KINGI"),
        ((("R.F. KUANG", 0.8), "BABEL", ("HARPER Voyager", 0.3)), "BABEL", "R.F. KUANG"),
        (("N 837 Pas", "PASSING", "Nella Larsen"), "PASSING", "Nella Larsen"),
        (("La canción de Dorotea Rosa Regàs N Reg",), "La canción de Dorotea", "Rosa Regàs"),
        (("REBECCA", "by Daphne du Maurier", "REBECCA", "12,95 €"), "REBECCA", "Daphne du Maurier"),
        (("ATTACHED", "Amir Levine & Rachel Heller"), "ATTACHED", "Amir Levine & Rachel Heller"),
        (("ESCRITOS CORSARIOS", "Pasolini"), "ESCRITOS CORSARIOS Pasolini", None),
        (("/ AGUA POR TODAS PARTES", "834B Pad", "938"), "AGUA POR TODAS PARTES", None),
        (("THE POPPY WAR",), "THE POPPY WAR", None),
        (("12,95 €", "PICADOR", "N 837"), None, None),
    ],
)
def test_title_and_author_are_told_apart_in_either_order(lines: tuple[str, ...], title: str | None, author: str | None) -> None:
    assert title_and_author(spine(*lines)) == (title, author)


def test_an_engine_that_understands_is_believed_first() -> None:
    read = spine("STEPHEN KING", "Carrie", title="Carrie", author="Stephen King")
    assert title_and_author(read) == ("Carrie", "Stephen King")


def test_queries_leave_marks_out_and_take_glued_words_apart() -> None:
    asked = queries(spine("TheREPUBLICofTEA", "Mel Ziegler", "DOUBLEDAY", "1 Zie"))
    assert asked[0] == "The REPUBLIC of TEA Mel Ziegler"
    assert asked[-1] == "The REPUBLIC of TEA"


def test_a_spine_without_words_asks_nothing() -> None:
    assert queries(spine("9,95 €", "|", "84")) == []


@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_is_read(lines: list[str]) -> None:
    detection = spine(*lines)
    found, asked = readings(detection), queries(detection)
    assert all(0 <= reading.score <= 1 and (reading.title or reading.author) for reading in found)
    assert [reading.score for reading in found] == sorted((reading.score for reading in found), reverse=True)
    assert len(asked) <= 3 and len(set(asked)) == len(asked)
    assert all(len(text.split()) <= MAX_QUERY_WORDS for text in asked)
