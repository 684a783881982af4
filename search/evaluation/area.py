"""`manage.py evaluate search`: success at 1 and at 10 and wrong first results, by kind and language of query."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson

from bookstrack.lib.evaluation import Area, Findings, NothingToMeasure
from search.evaluation import asking, scores
from search.evaluation.queries import labelled
from search.evaluation.scores import Outcome
from search.evaluation.shelf import Shelf


class SearchArea(Area):
    """The search over the local catalogue, on queries made from it."""

    name = "search"
    help = "labelled queries made from the local catalogue, asked of it alone: no network, no cache"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queries", type=_positive, default=1_500, metavar="N", help="about so many, of every kind as many")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--limit-works", type=_positive, default=50_000, metavar="N", help="make them of so many works of the catalogue"
        )
        parser.add_argument("--answers", type=Path, metavar="FILE", help="write each query and its first result as a JSON line")

    def run(self, options: dict[str, Any]) -> Findings:
        shelf = Shelf(asking.known_works(options["limit_works"]))
        if not shelf.works:
            raise NothingToMeasure("the catalogue is empty; load one with manage.py load_catalogue")
        queries = labelled(shelf, options["queries"], options["seed"])
        outcomes = [scores.outcome(query, asking.asked(query)) for query in queries]
        if file := options["answers"]:
            file.write_bytes(b"".join(orjson.dumps(_line(each)) + b"\n" for each in outcomes))
        return _findings(shelf, outcomes, options["seed"])


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be positive")
    return number


def _findings(shelf: Shelf, outcomes: list[Outcome], seed: int) -> Findings:
    kinds = scores.by(outcomes, lambda query: query.kind)
    groups = scores.by(outcomes, lambda query: query.group.value)
    languages = dict(sorted(scores.by(outcomes, lambda query: query.language).items(), key=lambda item: (-item[1].queries, item[0])))
    groups["all"] = scores.Score.of(outcomes)
    return Findings(
        f"{len(outcomes):,} queries (seed {seed}) made from {len(shelf.works):,} works.",
        (scores.table("kind", kinds), scores.table("group", groups), scores.table("language or script", scores.gathered(languages))),
        {
            "works": len(shelf.works),
            "queries": len(outcomes),
            "seed": seed,
            "kinds": {name: score.figures() for name, score in kinds.items()},
            "groups": {name: score.figures() for name, score in groups.items()},
            "languages": {name: score.figures() for name, score in languages.items()},
        },
        scores.missed(outcomes),
    )


def _line(each: Outcome) -> dict[str, Any]:
    query = each.query
    return {
        "kind": query.kind,
        "way": query.way,
        "text": query.text,
        "author": query.author,
        "meant": f"{query.meant.title} | {next(iter(query.meant.authors), '')}" if query.meant else "",
        "first": each.first,
        "level": each.level,
        "place": each.place,
        "outcome": "wrong" if each.wrong else "right" if each.right else "found" if each.found else "empty" if each.empty else "missed",
    }
