"""Queries: whatever a name holds, it stays a text in them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from search.demographics.sparql import MAX_CHARS, literal, may_be_asked, query_of
from search.dto import Author

# Source: SPARQL 1.1, rules [156] STRING_LITERAL2 and [160] ECHAR, and 19.2 for \u and \U
ESCAPE = r"\\(?:[tbnrf\\\"']|u[0-9A-F]{4}|U[0-9A-F]{8})"
STRING = re.compile(rf'"(?:[^\x22\x5C\x0A\x0D]|{ESCAPE})*"')
NAMED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
PLAIN = Author("Gita Iyer", "OL1A")
HOSTILE = st.text(alphabet=st.sampled_from('"\\\n\r\t{}<>@^.;#?$ aé\u2028\u202e\U000e0001x'), max_size=30)


def meant(text: str) -> str:
    """The text that a literal stands for."""
    return re.sub(ESCAPE, lambda found: NAMED.get(found[0][1:]) or chr(int(found[0][2:], 16)), text[1:-1])


@given(st.one_of(HOSTILE, st.text(max_size=60)))
def test_any_text_is_one_literal_of_itself(text: str) -> None:
    written = literal(text)
    assert STRING.fullmatch(written) and meant(written) == text
    assert literal(text, "en") == f"{written}@en"


def test_half_of_a_pair_is_no_text() -> None:
    assert literal("a\ud800b").encode() == '"a\ufffdb"'.encode()


@given(st.lists(st.one_of(HOSTILE, st.text(max_size=40)), min_size=1, max_size=5))
def test_names_leave_the_query_as_it_is(names: list[str]) -> None:
    authors = [Author(name, f"OL{place}A") for place, name in enumerate(names, 1)]
    bare, plain = (re.sub(r'[( ]*""(?:@\w+)?\)?', "", STRING.sub('""', query)) for query in (query_of(authors), query_of([PLAIN])))
    assert bare == plain


def test_only_names_are_asked_for() -> None:
    assert all(may_be_asked(Author(name)) for name in ("Homer", 'Weird "Al" Yankovic', "Flann O’Brien", "老舍", "Лев Толстой", "J. R. R."))
    strange = ("", "X", "1984", "...", "a" * (MAX_CHARS + 1), "A\\u0022B", "A{B}", "A\nB", "<script>", "A\u202eB", "a;b")
    assert not any(may_be_asked(Author(name)) for name in strange)


def test_ids_and_names_in_their_language() -> None:
    query = query_of([Author("Gita Iyer", "OL23919A"), Author("老舍")])
    assert '("OL23919A" "Gita Iyer"@en)' in query and '"Gita Iyer"@mul' in query and '"老舍"@zh "老舍"@ja' in query
    assert "wdt:P648" not in query_of([Author("Gita Iyer")]).split("OPTIONAL")[0]


def test_only_people_who_write_or_have_the_very_id_are_asked_for() -> None:
    by_id, by_name = query_of([Author("Gita Iyer", "OL23919A")]).split("UNION")
    assert "?person wdt:P648 ?olid" in by_id and "wdt:P106" not in by_id
    name, _, rest = by_name.partition("}\n")
    assert "?person rdfs:label ?name . VALUES ?kind { wd:Q36180 " in name and name.rstrip().endswith("?person wdt:P106 ?kind .")
    assert rest.lstrip().startswith("?person wdt:P31 wd:Q5 .")  # of both


def test_people_are_asked_for_by_id_and_have_to_be_writers() -> None:
    query = query_of([Author("Gita Iyer", "OL23919A")], people=["Q5", "Q42"])
    assert "VALUES ?person { wd:Q5 wd:Q42 }" in query and "?person wdt:P106 ?kind" in query and "Gita" not in query
