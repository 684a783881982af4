"""The table of countries holds what it says, and people belong where all their citizenships agree."""

import re

import pytest

from search.demographics.countries import _TABLE, COUNTRIES, REGIONS, SUCCESSORS, belonging
from search.demographics.vocabulary import GENDERS, OCCUPATIONS

ID = re.compile(r"Q[1-9]\d{0,8}")


def test_every_row_is_well_formed_and_stands_once() -> None:
    rows = [row.strip() for rows in _TABLE.values() for row in rows.split(";")]
    assert len(rows) == len(COUNTRIES) > 280
    for wikidata_id, country in COUNTRIES.items():
        assert ID.fullmatch(wikidata_id) and country.region in REGIONS and country.name[0].isupper(), wikidata_id
        assert country.name == country.name.strip() and not re.search(r"\d", country.name)


def test_successors_are_countries_too() -> None:
    for former, later in SUCCESSORS.items():
        assert former in COUNTRIES and former not in later and later <= set(COUNTRIES), former


def test_the_other_tables() -> None:
    assert all(map(ID.fullmatch, [*GENDERS, *OCCUPATIONS])) and set(GENDERS.values()) == {"Female", "Male", "Non-binary", "Other"}


@pytest.mark.parametrize(
    ("citizenships", "expected"),
    [
        (["Q30"], ("North America", "United States")),
        (["Q174193", "Q145"], ("Europe", "United Kingdom")),
        (["Q43287", "Q41304", "Q7318", "Q183"], ("Europe", "Germany")),
        (["Q15180", "Q813"], ("Central Asia", "Kyrgyzstan")),
        (["Q15180"], ("Europe", "Soviet Union")),
        (["Q28513", "Q33946"], ("Europe", "Czechoslovakia")),
        (["Q34266", "Q30"], (None, None)),  # nobody can say which of the two
        (["Q142", "Q31"], ("Europe", None)),
        (["Q30", "Q999999999"], (None, None)),  # one that is not in the table
        (["Q999999999"], (None, None)),
        ([], (None, None)),
    ],
)
def test_belonging(citizenships: list[str], expected: tuple[str | None, str | None]) -> None:
    assert belonging(citizenships) == belonging(reversed(citizenships)) == expected
