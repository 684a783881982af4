"""A real entity of Wikidata, turned into the row that the query service gives: its ids are those of our tables."""

from typing import Any

import orjson
import pytest

from search.demographics.answers import candidates_in, demographics_of, who_is
from search.demographics.vocabulary import HUMAN, OCCUPATIONS
from search.dto import Author
from tests.conftest import SHARED
from tests.functional.knowing import answer, literal, uri

FOLDER = SHARED / "data" / "api" / "wikidata"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the sample answers are not here")


def entity(wikidata_id: str) -> dict[str, Any]:
    [path] = FOLDER.glob(f"*_{wikidata_id}.json")
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found


def values(found: dict[str, Any], prop: str) -> list[Any]:
    return [one["value"]["content"] for one in found["statements"].get(prop, []) if one["rank"] != "deprecated"]


def test_a_writer_of_novels() -> None:
    found = entity("Q42")
    assert HUMAN in values(found, "P31") and set(values(found, "P106")) & set(OCCUPATIONS)
    [gender], [country], [born], [died], [olid] = (values(found, prop) for prop in ("P21", "P27", "P569", "P570", "P648"))
    row = {"person": uri(found["id"]), "gender": uri(gender), "country": uri(country), "olid": literal(olid), "name": literal("any")}
    row |= {"birth": literal(born["time"]), "birthDay": literal(born["time"]), "death": literal(died["time"])}
    who = who_is(Author("Douglas Adams", olid), candidates_in(answer([row])))
    assert who is not None and born["precision"] == 11
    known = demographics_of(*who, "now")
    assert (known.gender, known.region, known.nationality, known.confidence) == ("Male", "Europe", "United Kingdom", 1.0)
    assert (known.birth_date, known.birth_year, known.death_year) == ("1952-03-11", 1952, 2001)


@pytest.mark.parametrize("wikidata_id", ["Q184843", "Q41567", "Q279446"])
def test_works_are_no_people(wikidata_id: str) -> None:
    assert HUMAN not in values(entity(wikidata_id), "P31")
