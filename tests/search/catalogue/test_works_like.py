"""Offers of the local catalogue for what was read: as a search renders them, and nobody outside asked."""

import pytest
from django.db import DatabaseError

from search import services
from search.catalogue import likely_works
from search.look import by_fields
from search.schemas import EditionDto, WorkDto


async def test_an_offer_is_what_a_search_shows(sample_catalogue: int) -> None:
    [[best, *_], nothing] = await services.works_like(["FRANK HERBERT DUNE MESSIAH ACE", ""])
    searched = (await services.looked(by_fields(title="Dune Messiah", author="Frank Herbert"))).data
    work = {name: value for name, value in searched["works"][0].items() if name != "match"}
    assert nothing == []
    assert best.key == work["id"]
    assert {name: value for name, value in best.work.items() if name != "match"} == work
    assert best.edition == searched["editions"][0]
    WorkDto.model_validate(best.work)
    EditionDto.model_validate(best.edition)


async def test_the_edition_that_bears_the_title_stands_for_the_work(sample_catalogue: int) -> None:
    spanish, french, faulty = await services.works_like(
        [
            "CIEN AÑOS DE SOLEDAD Gabriel García Márquez",
            "Antoine de Saint-Exupéry Le Petit Prince Pell & Sons",
            "Antoine de Saint-Exupery E1 Princip1to",
        ]
    )
    assert spanish[0].work["authors"][0]["name"] == "Gabriel García Márquez"
    assert spanish[0].edition["title"] == "Cien años de soledad"
    assert french[0].work["title"] == french[0].edition["title"] == "Le Petit Prince"  # and not "El petit príncep"
    assert faulty[0].edition["title"] == "El Principito"


async def test_at_most_so_many_and_each_work_once(sample_catalogue: int) -> None:
    [offers] = await services.works_like(["Agatha Christie murder on the Orient Express"], most=3)
    keys = [offer.key for offer in offers]
    assert len(keys) == len(set(keys)) == 3
    assert offers[0].work["title"] == "Murder on the Orient Express"


async def test_a_catalogue_that_is_off_offers_nothing(sample_catalogue: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_PROVIDERS", "openlibrary")
    assert await services.works_like(["dune messiah", "x"]) == [[], []]


async def test_a_database_that_is_away_offers_nothing(sample_catalogue: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(likely_works, "likely", away)
    assert await services.works_like(["dune messiah"]) == [[]]
