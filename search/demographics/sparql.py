"""The question to Wikidata about many authors at once, as SPARQL. Pure.

An author's id asks for whom Wikidata gives that very id; a name asks for people who are writers and have exactly that label. What makes
somebody acceptable is part of the question, so that no answer needs to be trusted for it. Source: spec 05, "Wikidata".
"""

from collections.abc import Iterable, Sequence

from search.demographics.vocabulary import HUMAN, OCCUPATIONS
from search.dto import Author
from search.normalisers.text import dominant_script

AT_ONCE = 50  # authors in one query
MIN_CHARS, MAX_CHARS = 2, 100  # of a name that is asked for
# Labels are found by text and language. `mul` is the label of all languages that have none of their own.
_LANGUAGES = {
    "Latin": ("en", "mul"), "Cyrillic": ("ru", "uk"), "Greek": ("el",), "Arabic": ("ar", "fa"), "Hebrew": ("he",), "Han": ("zh", "ja"),
    "Kana": ("ja",), "Hangul": ("ko",), "Devanagari": ("hi", "mr"), "Thai": ("th",), "Georgian": ("ka",), "Armenian": ("hy",),
    "Bengali": ("bn",), "Tamil": ("ta",), "Telugu": ("te",), "Gujarati": ("gu",), "Gurmukhi": ("pa",), "Kannada": ("kn",),
    "Malayalam": ("ml",), "Sinhala": ("si",),
}  # fmt: skip
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_NO_NAME = frozenset("\\{}<>|^`$@#*=;[]~")
_PREFIXES = """\
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
PREFIX p: <http://www.wikidata.org/prop/>
PREFIX psv: <http://www.wikidata.org/prop/statement/value/>
PREFIX wikibase: <http://wikiba.se/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
# A year is precision 9, a day 11; what is less sure than a year is left out.
_FACTS = """\
  OPTIONAL { ?person wdt:P648 ?known . }
  OPTIONAL { ?person wdt:P21 ?gender . }
  OPTIONAL { ?person wdt:P27 ?country . }
  OPTIONAL {
    ?person p:P569 ?born . ?born a wikibase:BestRank ; psv:P569 ?bornOn .
    ?bornOn wikibase:timeValue ?birth ; wikibase:timePrecision ?sureOf . FILTER(?sureOf >= 9)
    BIND(IF(?sureOf >= 11, ?birth, ?never) AS ?birthDay)
  }
  OPTIONAL {
    ?person p:P570 ?died . ?died a wikibase:BestRank ; psv:P570 ?diedOn .
    ?diedOn wikibase:timeValue ?death ; wikibase:timePrecision ?sureOfThat . FILTER(?sureOfThat >= 9)
  }
"""
_WRITERS = "VALUES ?kind { " + " ".join(f"wd:{kind}" for kind in OCCUPATIONS) + " } ?person wdt:P106 ?kind ."


def literal(text: str, language: str = "") -> str:
    """A text as a SPARQL literal, whatever is in it. Source: SPARQL 1.1, 19.7 and 19.2."""
    return f'"{"".join(map(_escaped, text))}"' + (f"@{language}" if language else "")


def _escaped(sign: str) -> str:
    code = ord(sign)
    if sign in _ESCAPED or sign.isprintable():
        return _ESCAPED.get(sign, sign)
    if 0xD800 <= code <= 0xDFFF:  # half of a pair: no text has it
        return "\uFFFD"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def may_be_asked(author: Author) -> bool:
    """Whether this is a name that somebody may have: nobody is asked for with signs of a query language in it."""
    name = author.name
    return MIN_CHARS <= len(name) <= MAX_CHARS and name.isprintable() and not _NO_NAME & set(name) and dominant_script(name) is not None


def query_of(authors: Sequence[Author], *, people: Iterable[str] = ()) -> str:
    """The query for these authors, or, where given, for these people (Wikidata ids), of whom the writers are answered."""
    chosen = list(people)
    branches = [_people_branch(chosen)] if chosen else [*_id_branch(authors), *_name_branch(authors)]
    asked = "\n    UNION\n".join(f"    {{ {branch} }}" for branch in branches)
    return (
        f"{_PREFIXES}SELECT DISTINCT ?person ?olid ?name ?known ?gender ?country ?birth ?birthDay ?death WHERE {{\n"
        f"  {{ SELECT DISTINCT ?person ?olid ?name WHERE {{\n{asked}\n    ?person wdt:P31 wd:{HUMAN} .\n  }} }}\n{_FACTS}}}"
    )


def _id_branch(authors: Sequence[Author]) -> list[str]:
    rows = [f"({literal(one.openlibrary_id)} {literal(one.name, _languages(one.name)[0])})" for one in authors if one.openlibrary_id]
    return [f"VALUES (?olid ?name) {{ {' '.join(rows)} }} ?person wdt:P648 ?olid ."] if rows else []


def _name_branch(authors: Sequence[Author]) -> list[str]:
    names = dict.fromkeys(one.name for one in authors)
    rows = [literal(name, language) for name in names for language in _languages(name)]
    return [f"VALUES ?name {{ {' '.join(rows)} }} ?person rdfs:label ?name . {_WRITERS}"] if rows else []


def _people_branch(people: Sequence[str]) -> str:
    return f"VALUES ?person {{ {' '.join(f'wd:{one}' for one in people)} }} {_WRITERS}"


def _languages(name: str) -> tuple[str, ...]:
    return _LANGUAGES.get(dominant_script(name) or "", ("en", "mul"))
