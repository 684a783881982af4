"""Wikidata, stood in for at the transport: people with what is known of them, answered to the very queries as the query service does."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from tests.functional.outside import Outside

ENTITY = "http://www.wikidata.org/entity/"
VARIABLES = ["person", "olid", "name", "known", "gender", "country", "birth", "birthDay", "death"]


@dataclass(frozen=True)
class Known:
    """Somebody in Wikidata. Dates are as RDF has them; `day`: the birth is known to the day."""

    id: str
    label: str
    olid: str = ""
    human: bool = True
    writer: bool = True
    genders: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    birth: str = ""
    death: str = ""
    day: bool = False
    aliases: tuple[str, ...] = ()

    def rows(self, **found_by: str) -> list[dict[str, Any]]:
        row: dict[str, Any] = {name: literal(value) for name, value in found_by.items()}
        row["person"] = uri(self.id)
        dates = {"birth": self.birth, "birthDay": self.birth if self.day else "", "death": self.death}
        row |= {name: literal(value) for name, value in {"known": self.olid, **dates}.items() if value}
        both = [{"gender": uri(gender), "country": uri(country)} for gender in self.genders or ("",) for country in self.countries or ("",)]
        return [row | {name: value for name, value in one.items() if value["value"] != ENTITY} for one in both]


def uri(entity: str) -> dict[str, str]:
    return {"type": "uri", "value": ENTITY + entity}


def literal(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}


def answer(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"head": {"vars": VARIABLES}, "results": {"bindings": rows}}


@dataclass
class Knowing(Outside):
    """The three catalogues, and Wikidata. Its calls are not among `calls`; `broken` takes the place of its answers."""

    people: list[Known] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    broken: tuple[int, bytes] | None = None
    gate: asyncio.Event | None = None  # until it is set Wikidata does not answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.host.endswith("wikidata.org"):
            return await super().__call__(request)
        if request.url.host == "query.wikidata.org":
            assert (request.method, request.url.path) == ("POST", "/sparql")
            assert request.headers["accept"] == "application/sparql-results+json"
            [query] = parse_qs(request.content.decode())["query"]
            self.queries.append(query)
            body: dict[str, Any] = answer(self._rows(query))
        else:
            assert (request.url.host, request.url.path) == ("www.wikidata.org", "/w/api.php")
            name = request.url.params["search"]
            self.searches.append(name)
            hits = [one for one in self.people if any(text.startswith(name) for text in (one.label, *one.aliases))]
            body = {"search": [{"id": one.id, "label": one.label, "match": {"text": (*one.aliases, one.label)[0]}} for one in hits]}
        if self.gate is not None:
            await self.gate.wait()
        if self.broken is not None:
            return httpx.Response(self.broken[0], content=self.broken[1])
        return httpx.Response(200, content=json.dumps(body).encode())

    def _rows(self, query: str) -> list[dict[str, Any]]:
        ids = re.findall(r'\("(OL\d+A)" "((?:[^"\\]|\\.)*)"@\w+\)', query)
        names = set(names_in(query))
        chosen = re.search(r"VALUES \?person \{ ([^}]*)\}", query)
        writers = [one for one in self.people if one.human and one.writer]
        rows = [row for one in self.people if one.human for olid, name in ids if one.olid == olid for row in one.rows(olid=olid, name=name)]
        rows += [row for one in writers if one.label in names for row in one.rows(name=one.label)]
        return rows + [row for one in writers if chosen and f"wd:{one.id} " in chosen[1] for row in one.rows()]


def names_in(query: str) -> list[str]:
    """The names that a query asks for, each once."""
    listed = re.search(r"VALUES \?name \{ (.*?) \} \?person rdfs:label", query)
    found = re.findall(r'"((?:[^"\\]|\\.)*)"@\w+', listed[1]) if listed else []
    return list(dict.fromkeys(json.loads(f'"{name}"') for name in found))
