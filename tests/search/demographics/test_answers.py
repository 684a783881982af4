"""Who an author is by an answer: surely, or nobody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.demographics.answers import candidates_in, demographics_of, found_ids, who_is, who_was_found
from search.dto import Author
from search.provider import BadShape
from tests.functional.knowing import Known, answer, literal, uri

NAME = "Gita Iyer"
MEMBERS = ["head", "vars", "results", "bindings", "person", "type", "value", "search", "id", "match"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=12,
)


def one(**members: Any) -> Any:
    rows = Known("Q1001", NAME, **members).rows(name=NAME)
    [found] = candidates_in(answer(rows))
    return demographics_of(found, 0.8, "now")


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("1931-02-03T00:00:00Z", 1931),
        ("0043-01-01T00:00:00Z", 43),
        ("0000-01-01T00:00:00Z", -1),  # XSD 1.1: the year 0 is 1 before the common era
        ("-0427-01-01T00:00:00Z", -428),  # Plato
        ("+1931-02-03T00:00:00Z", 1931),
        ("-13798000000-01-01T00:00:00Z", None),
        ("1931", None),
        ("t12345", None),
        ("9999-01-01T00:00:00Z", None),
    ],
)
def test_years(written: str, year: int | None) -> None:
    found = one(birth=written, death=written)
    assert (found.birth_year, found.death_year, found.birth_date) == (year, year, None)


def test_a_day_only_where_it_is_known() -> None:
    assert one(birth="1931-02-03T00:00:00Z", day=True).birth_date == "1931-02-03"
    assert one(birth="-0427-05-21T00:00:00Z", day=True).birth_date is None
    assert one(birth="1931-00-00T00:00:00Z", day=True).birth_date is None


def test_what_is_said_in_two_ways_is_unknown() -> None:
    found = one(genders=("Q6581097", "Q6581072"), countries=("Q30", "Q142"))
    assert (found.gender, found.region, found.nationality) == (None, None, None)
    assert one(genders=("Q48270", "Q12964198")).gender == "Non-binary"
    assert one(genders=("Q999",)).gender is None
    rows = [row for year in (1930, 1931) for row in Known("Q1", NAME, birth=f"{year}-01-01T00:00:00Z", day=True).rows(name=NAME)]
    [both] = candidates_in(answer(rows))
    assert demographics_of(both, 0.8, "now").birth_year is None and demographics_of(both, 0.8, "now").birth_date is None


def people(*known: Known, **found_by: str) -> Any:
    return candidates_in(answer([row for person in known for row in person.rows(**(found_by or {"name": NAME}))]))


OLDER = Known("Q1", NAME, birth="1901-01-01T00:00:00Z")
YOUNGER = Known("Q2", NAME, birth="1971-01-01T00:00:00Z")
UNDATED = Known("Q3", NAME)
OTHER = Known("Q4", NAME, olid="OL9A", birth="1901-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("author", "known", "expected"),
    [
        (Author(NAME), [OLDER], ("Q1", 0.8)),
        (Author(NAME, birth_year=1901), [OLDER], ("Q1", 0.95)),
        (Author(NAME, birth_year=1902), [OLDER], None),  # somebody else of the name
        (Author(NAME, birth_year=1901), [UNDATED], ("Q3", 0.8)),
        (Author(NAME), [OLDER, YOUNGER], None),
        (Author(NAME, birth_year=1971), [OLDER, YOUNGER], ("Q2", 0.95)),
        (Author(NAME, birth_year=1971), [OLDER, YOUNGER, UNDATED], ("Q2", 0.95)),
        (Author(NAME, birth_year=1999), [OLDER, YOUNGER, UNDATED], ("Q3", 0.8)),
        (Author(NAME, birth_year=1971), [YOUNGER, Known("Q5", NAME, birth="1971-05-05T00:00:00Z")], None),
        (Author(NAME, death_year=1950), [Known("Q6", NAME, death="1999-01-01T00:00:00Z")], None),
        (Author(NAME, "OL1A"), [OTHER], None),  # Wikidata knows them by another id
        (Author(NAME, "OL1A", birth_year=1901), [OTHER], ("Q4", 0.95)),
        (Author(NAME, "OL1A"), [OLDER], ("Q1", 0.8)),
        (Author("Gita  Iyer"), [OLDER], None),
    ],
)
def test_by_name(author: Author, known: list[Known], expected: tuple[str, float] | None) -> None:
    found = who_is(author, people(*known))
    assert (found and (found[0].wikidata_id, found[1])) == expected


def test_by_id_whatever_the_name() -> None:
    by_id = people(Known("Q7", "Another Spelling", olid="OL1A"), olid="OL1A", name=NAME)
    found = who_is(Author(NAME, "OL1A"), (*by_id, *people(OLDER)))
    assert found and (found[0].wikidata_id, found[1]) == ("Q7", 1.0)
    assert who_is(Author(NAME), by_id) is None  # the name beside an id is not theirs
    assert who_is(Author(NAME, "OL2A"), by_id) is None


def test_two_of_one_id_are_nobody() -> None:
    both = people(Known("Q7", NAME, olid="OL1A"), Known("Q8", NAME, olid="OL1A"), olid="OL1A", name=NAME)
    assert who_is(Author(NAME, "OL1A"), both) is None


def test_found_by_search() -> None:
    found = who_was_found(Author(NAME), people(UNDATED))
    assert found and found[1] == 0.7
    assert who_was_found(Author(NAME), people(UNDATED, OLDER)) is None
    assert who_was_found(Author(NAME, birth_year=1999), people(OLDER)) is None
    assert who_was_found(Author(NAME, "OL1A"), people(OTHER)) is None


def test_ids_of_a_search() -> None:
    rows = [
        {"id": "Q1", "label": NAME},
        {"id": "Q2", "label": "Gita Iyer-Rao", "match": {"text": "gíta iyer"}},
        {"id": "Q3", "label": "Gita Iyengar"},
        {"id": "P31", "label": NAME},
        {"id": "Q1", "label": NAME},
        {"id": 5, "label": NAME},
        {"label": NAME},
    ]
    assert found_ids({"search": rows}, NAME) == ["Q1", "Q2"]
    for broken in (None, [], {}, {"search": {}}, {"search": ["x"]}, {"error": {"code": "x"}}):
        with pytest.raises(BadShape):
            found_ids(broken, NAME)


def test_a_row_of_strange_members_says_nothing() -> None:
    row: dict[str, Any] = {"person": uri("Q1"), "name": literal(NAME), "gender": {"type": "bnode", "value": "t1"}}
    row |= {"country": literal("Q30"), "olid": uri("Q1"), "birth": {"type": "literal", "value": 5}, "death": [], "known": literal("OL1W")}
    [found] = candidates_in(answer([row]))
    assert not (found.genders or found.countries or found.asked_ids or found.known_ids or found.birth_years or found.death_years)


@given(JSON)
def test_any_answer_is_read_or_a_bad_shape(payload: Any) -> None:
    for read in (candidates_in, lambda given: found_ids(given, NAME)):
        try:
            assert isinstance(read(payload), (tuple, list))
        except BadShape:
            continue
