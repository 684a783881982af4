"""The page `/import` as it is rendered, and the words that it and the results of an import are given."""

import json
import re

import httpx
import pytest

from scanning import conf, importing, pages
from scanning.csv_format import Field
from scanning.imports.formats import GENERIC, all_formats


def words_of(page: str) -> dict[str, object]:
    found = re.search(r'<script id="words" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    words: dict[str, object] = json.loads(found[1])
    return words


async def test_the_page_says_what_it_takes_and_that_it_needs_a_script(client: httpx.AsyncClient) -> None:
    reply = await client.get("/import")
    assert reply.status_code == 200 and reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "private, max-age=0"
    assert "needs JavaScript" in reply.text and '<form id="choose" hidden>' in reply.text
    assert f"up to {conf.MAX_IMPORT_BYTES // 2**20} MB and 50,000 rows" in reply.text
    for label in (found.label for name, found in all_formats().items() if name != GENERIC):
        assert label in reply.text
    assert (await client.post("/import")).status_code in (403, 405)


async def test_nothing_inline_that_the_policy_would_stop(client: httpx.AsyncClient) -> None:
    for path, script in (("/import", "import.js"), ("/jobs/nobody", "job.js")):
        reply = await client.get(path)
        assert "'unsafe-inline'" not in reply.headers["content-security-policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", reply.text)
        assert re.findall(r"<script\b[^>]*>", reply.text) == [
            f'<script type="module" src="/static/bookstrack/{script}">',
            '<script id="words" type="application/json">',
        ]


@pytest.mark.parametrize("path", ["/", "/import", "/jobs/nobody"])
async def test_every_page_leads_to_it(client: httpx.AsyncClient, path: str) -> None:
    assert '<a href="/import">Import a library</a>' in (await client.get(path)).text


async def test_everything_that_can_be_chosen_has_a_word(client: httpx.AsyncClient) -> None:
    words = words_of((await client.get("/import")).text)
    assert set(pages.FIELDS) == set(Field) and words["fields"] == {field.value: label for field, label in pages.FIELDS.items()}
    assert set(pages.ENCODINGS) == set(importing.ENCODINGS)
    assert set(pages.DELIMITERS) <= set(importing.DELIMITERS)
    assert words["maxBytes"] == conf.MAX_IMPORT_BYTES
    assert len(set(pages.FIELDS.values())) == len(Field)


async def test_the_page_of_a_job_knows_how_programs_write(client: httpx.AsyncClient) -> None:
    words = words_of((await client.get("/jobs/nobody")).text)
    imports = words["imports"]
    assert isinstance(imports, dict)
    assert set(imports["habits"]) == set(all_formats()) - {GENERIC}
    assert imports["habits"]["goodreads"] == {"ratingOf": 5.0, "listSeparator": ","}
    assert set(imports["results"]) == set(imports["groups"]) == {"matched", "unsure", "not_found", "error", "read"}
