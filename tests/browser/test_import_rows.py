"""The rows of an import in Chromium: filtered, compared, decided, downloaded, and imported again."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser import importing, job_server
from tests.browser.conftest import OpenPage, failure, stand_in
from tests.browser.importing import FORMULA, GOODREADS, HOSTILE, Opened, cells, counts, imported, look, open_row, planned, rows, saved
from tests.browser.job_server import JOB_TIMEOUT_MS, Served

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server, link, rows_page = job_server.served, job_server.server, importing.link, importing.rows_page


async def test_rows_are_filtered(rows_page: Opened) -> None:
    page = await rows_page()
    assert await counts(page) == {"all": 5, "matched": 1, "unsure": 1, "not found": 2, "errors": 1}
    await expect(page.locator("#results")).to_be_hidden()
    await expect(rows(page)).to_have_count(5)
    await page.get_by_text("unsure 1").click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_contain_text("The Left Hand")
    await page.keyboard.press("ArrowRight")
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).nth(1)).to_contain_text(f"{HOSTILE} · {FORMULA}")
    await page.keyboard.press("ArrowRight")
    await expect(rows(page).locator("[data-name=Result]")).to_have_text(re.compile("^error: There is no title"))
    await expect(page.locator("#imported img, #imported script")).to_have_count(0)


async def test_a_row_beside_what_was_found(rows_page: Opened) -> None:
    page = await rows_page()
    panel = await open_row(page, 1)
    await expect(panel.locator("h3")).to_have_text(["In your file", "Found"])
    await expect(panel.locator(".card").first).to_contain_text("Dune, #1")
    await expect(panel.locator(".card").first).to_contain_text("Moon")
    await expect(panel.locator(".card").nth(1)).to_contain_text("ISBN agrees")
    await expect(panel.get_by_role("button")).to_have_count(0)
    button = page.locator('tr[data-row="1"]').get_by_role("button")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await button.click()
    await expect(panel).to_have_count(0)
    panel = await open_row(page, 3)
    await expect(panel).to_contain_text('“="9780441172710"” is no ISBN. The check digit is wrong')
    panel = await open_row(page, 4)
    await expect(panel).to_contain_text(",,,,,,,,,,,,,,lost,2021/03/04,")


async def test_another_candidate_is_taken_and_given_back(rows_page: Opened) -> None:
    page = await rows_page()
    panel = await open_row(page, 2)
    card = panel.locator(".card").nth(1)
    await expect(card).to_contain_text("The Left Hand of Darkness")
    await expect(card).to_contain_text("another title")
    await card.get_by_role("button", name="Take this one").click()
    await expect(card.locator("h3")).to_have_text("Your choice")
    await expect(card.get_by_role("button")).to_be_focused()
    row = page.locator('tr[data-row="2"]')
    await expect(row.locator("[data-name=Result]")).to_have_text("your choice")
    await expect(row.locator("[data-name=Found]")).to_contain_text("The Left Hand of Darkness")
    assert await counts(page) == {"all": 5, "matched": 2, "unsure": 0, "not found": 2, "errors": 1}
    _, text = await saved(page, "#rows-csv")
    assert cells(text)[1]["takenTitle"] == "The Left Hand of Darkness" and cells(text)[1]["result"] == "matched"
    await page.reload()
    await expect(row.locator("[data-name=Result]")).to_have_text("your choice")
    panel = await open_row(page, 2)
    await panel.get_by_role("button", name="Undo this choice").click()
    await expect(row.locator("[data-name=Result]")).to_have_text("unsure: 1 book to choose from")
    await page.reload()
    await expect(row.locator("[data-name=Result]")).to_have_text("unsure: 1 book to choose from")


async def test_all_rows_as_files(rows_page: Opened) -> None:
    page = await rows_page()
    name, text = await saved(page, "#rows-csv")
    found = cells(text)
    assert re.fullmatch(r"bookstrack-import-[\w-]{12}\.csv", name)
    assert [row["row"] for row in found] == ["1", "2", "3", "4", "5"]
    assert [row["result"] for row in found] == ["matched", "unsure", "not_found", "error", "not_found"]
    names = ("isbn", "foundTitle", "series", "seriesPosition", "extra: Moon")
    assert [found[0][name] for name in names] == ["9780441172719", "Dune", "Dune", "1", "full"]
    assert (found[4]["title"], found[4]["author"], found[1]["notes"]) == (HOSTILE, f"'{FORMULA}", f"'{FORMULA}")
    name, text = await saved(page, "#rows-json")
    whole = json.loads(text)
    assert name.endswith(".json") and [book["row"] for book in whole["books"]] == [1, 2, 3, 5]
    assert whole["errors"][0]["raw"].startswith(",,,") and whole["detectedFormat"] == "goodreads"


async def test_rows_to_correct_in_the_columns_of_the_file(rows_page: Opened, served: Served) -> None:
    page = await rows_page()
    await expect(page.locator("#rows-correct")).to_have_text("Download 4 rows to correct")
    name, text = await saved(page, "#rows-correct")
    assert name.endswith("-to-correct.csv")
    found = cells(text)
    assert list(found[0]) == GOODREADS.partition("\n")[0].split(",")
    assert [row["Title"] for row in found] == ["The Left Hand", "The Book That Nobody Wrote", "", HOSTILE]
    assert (found[0]["Private Notes"], found[0]["Moon"], found[0]["Exclusive Shelf"]) == (f"'{FORMULA}", "-1", "to-read")
    assert found[2]["Private Notes"] == "lost" and found[1]["ISBN13"] == '\'="9780441172710"'
    first, again = await planned(served, GOODREADS), await planned(served, text)
    assert again["detectedFormat"] == "goodreads" and again["mapping"] == first["mapping"]
    kept, read = (without_rows(data["preview"]["books"]) for data in (first, again))
    assert read[0] == kept[1] and read[3] == kept[4]
    assert (read[1]["title"], read[1]["shelves"]) == ("The Book That Nobody Wrote", ["own"])


def without_rows(books: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in book.items() if name != "row"} for book in books]


SEMICOLONS = """\
Buchtitel;Untertitel;Autor;ISBN;Bewertung;Reihe;Regal;Notiz;Gelesen am;Seiten
Messiah of Dune;;Frank Herbert;;7,5;Dune #2;a, b;'=x;17.05.2020;331
Niemandes Buch;"Ein ""Titel""; lang";Nemo Nobody & Ann Onym;;10;;SF;+49 30;2021;12 S.
Noch eins;;;9780441172710;9;;;"zwei
Zeilen";;
"""


async def test_rows_of_any_file_come_back_as_they_were(open_page: OpenPage, served: Served) -> None:
    page = await open_page("/import")
    await look(page, SEMICOLONS)
    await imported(page)
    _, text = await saved(page, "#rows-correct")
    assert text.startswith("Buchtitel;Untertitel;Autor;ISBN;Bewertung;Reihe;Regal;Notiz;Gelesen am;Seiten\r\n")
    first, again = await planned(served, SEMICOLONS), await planned(served, text)
    assert without_rows(again["preview"]["books"]) == without_rows(first["preview"]["books"])


LAYOUTS = {
    "librarything": """\
Book Id\tTitle\tSort Character\tPrimary Author\tSecondary Author\tPublication\tDate\tISBN\tISBNs\tRating\tTags\tCollections\tLending Patron
1\tDune\t1\tHerbert, Frank\tOnym, Ann\tAce Books (1990), 535 pages\t1990\t[0441172717]\t0441172717, 9780441172719\t4.5\tsf\tYour library\t
2\tKindred\t1\tButler, Octavia E.\t\t\t1979\t\t\t\t\tTo read\tsomebody
""",
    "storygraph": """\
Title,Authors,Contributors,ISBN/UID,Format,Read Status,Date Added,Last Date Read,Dates Read,Read Count,Moods,Pace,Star Rating,Review,Tags
Dune,"Frank Herbert, Ann Onym",,9780441172719,paperback,read,2021/03/04,2021/05/06,2021/04/01-2021/05/06,1,dark,slow,4.25,Sand,"a, b"
Kindred,Octavia E. Butler,Nemo Nobody (Narrator),00000000-0000-4000-8000-000000000001,audio,to-read,,,,0,,,,,
""",
    "calibre": """\
author_sort,authors,id,identifiers,isbn,languages,library_name,pubdate,publisher,rating,series,series_index,tags,title_sort,title
"Herbert, Frank",Frank Herbert & Ann Onym,7,"goodreads:234225,isbn:9780441172719",9780441172719,eng,Own,1990-09-01T00:00:00+00:00,\
Ace Books,4,Dune,1.0,"a, b",Dune,Dune
""",
    "generic": """\
Titre|Auteur|Note|Collection|Étagère|Lu le|Clé
Dune : le messie|Frank Herbert & Ann Onym|8/10|Dune, #2|a;b|17/05/2020|'=1
"Un ""mot"", et | un autre"|Nemo Nobody|3,5/5|||2021|-5
|||||lost|
""",
}
REWRITTEN = """async ([mapping, kind, delimiter, books, format]) => {
  const { originalColumns } = await import("/static/bookstrack/import_export.js");
  const { csvOf } = await import("/static/bookstrack/job_export.js");
  const { habits } = JSON.parse(document.getElementById("words").textContent).imports;
  return csvOf(originalColumns({ mapping, summary: { kind, delimiter } }, habits[format]), books, delimiter);
}"""


@pytest.mark.parametrize("name", LAYOUTS)
async def test_every_layout_comes_back_as_it_was(open_page: OpenPage, served: Served, name: str) -> None:
    page = await open_page("/jobs/nobody")
    first = await planned(served, LAYOUTS[name])
    assert first["detectedFormat"] == name
    books = first["preview"]["books"]
    text = await page.evaluate(REWRITTEN, [first["mapping"], first["kind"], first["delimiter"], books, name])
    again = await planned(served, text)
    assert without_rows(again["preview"]["books"]) == without_rows(books)
    assert [column["column"] for column in again["mapping"]] == [column["column"] for column in first["mapping"]]


async def test_all_rows_can_be_imported_again(rows_page: Opened, served: Served) -> None:
    _, text = await saved(await rows_page(), "#rows-csv")
    first, again = await planned(served, GOODREADS), await planned(served, text)
    assert again["detectedFormat"] == "bookstrack"
    kept, read = ([book for book in without_rows(data["preview"]["books"]) if "code" not in book] for data in (first, again))
    assert [book["title"] for book in read] == [book["title"] for book in kept]
    assert read == kept


async def test_only_read_is_shown_as_read(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, GOODREADS)
    await page.get_by_label("Look the books up in the catalogues").uncheck()
    await expect(page.locator("#plan")).to_contain_text("Cataloguesare not asked")
    await imported(page)
    assert await counts(page) == {"all": 5, "errors": 1, "read only": 4}
    await expect(page.locator("#rows-correct")).to_have_text("Download 1 row to correct")


async def test_twelve_hundred_rows_by_pages(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, "Title,Author\n" + "".join(f"Book number {n},\n" for n in range(1_200)))
    await page.get_by_label("Look the books up in the catalogues").uncheck()
    await expect(page.locator("#plan")).to_contain_text("are not asked")
    await imported(page)
    await expect(page.locator("#imported-words")).to_have_text("1,200 rows: 1,200 of them are books.")
    await expect(rows(page)).to_have_count(50)
    await page.get_by_role("button", name="Next").click()
    await expect(rows(page).first).to_contain_text("Book number 50")
    await expect(page.locator("#imported-title")).to_be_focused()
    _, text = await saved(page, "#rows-csv")
    assert [row["title"] for row in cells(text)] == [f"Book number {n}" for n in range(1_200)]


async def test_rows_that_cannot_be_fetched_are_fetched_again(open_page: OpenPage, link: str) -> None:
    page = await open_page("/")
    results = "**/results?*"
    await stand_in(page, failure(503), results, 503)
    await page.goto(link)
    said = page.locator("#imported-words")
    await expect(said).to_contain_text("The rows could not be read to the end: No catalogue", timeout=JOB_TIMEOUT_MS)
    await page.unroute(results)
    await page.get_by_role("button", name="Fetch them again").click()
    await expect(rows(page)).to_have_count(5)


async def test_an_import_that_fails_says_why(open_page: OpenPage, link: str) -> None:
    page = await open_page("/")
    job = {"jobId": "x", "pipeline": "csv_import", "status": "failed", "progress": 0.1, "processedCount": 0, "totalCount": 0, "lastSeq": 0}
    error = {"code": "BATCH_TOO_LARGE", "message": "The file has more than 50,000 rows.", "retryable": False}
    times = {"startTime": "2026-01-31T12:00:00.000Z", "lastUpdate": "2026-01-31T12:00:01.000Z", "endTime": "2026-01-31T12:00:01.000Z"}
    about = {"timestamp": "2026-01-31T12:00:02.000Z"}
    await stand_in(page, {"success": True, "data": job | times | {"error": error}, "metadata": about}, "**/v1/jobs/*")
    empty = {"books": [], "errors": [], "mapping": None, "summary": {"successCount": 0}, "pagination": {"total": 0, "hasMore": False}}
    await stand_in(page, {"success": True, "data": job | empty | {"partial": True}, "metadata": about}, "**/results?*")
    await page.route_web_socket(re.compile("/ws/progress"), lambda socket: None)  # it was told long ago
    await page.goto(link)
    await expect(page.locator("#outcome-words")).to_contain_text("The file has more than 50,000 rows. (BATCH_TOO_LARGE)")
    await expect(page.locator("#imported-words")).to_have_text("There are none.")
    await expect(page.locator("#imported-some")).to_be_hidden()
