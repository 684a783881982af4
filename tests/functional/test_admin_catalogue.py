"""The catalogue in the admin as staff use it: rows found by anything, corrected, merged, and all of it taken back."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import services
from search.models import Author, CacheEntry, Correction, Edition, Load, LoadError, Merge, Work
from tests.search.curation.shelf import DUNE, DUNE_AGAIN, F_HERBERT, HARDCOVER, HERBERT, MESSIAH, PAPERBACK, everything, filled

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = ["'", '"', "%", "\\", "goodreads:", ":", "x" * 5000, "𝔻une", "978\u0000", "catalogue-" + "9" * 19]
LISTS = {"work": DUNE, "edition": PAPERBACK, "author": HERBERT}


@pytest.fixture(autouse=True)
def catalogue(transactional_db: None) -> None:
    filled()


@pytest.fixture
def viewer(client_of: Any) -> Client:
    return client_of(*(f"view_{kind}" for kind in ("work", "edition", "author", "merge", "correction")))  # type: ignore[no-any-return]


@pytest.fixture
def client_of() -> Any:
    def made(*permissions: str) -> Client:
        user = User.objects.create_user("somebody", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client(enforce_csrf_checks=False)
        client.force_login(user)
        return client

    return made


def listed(client: Client, kind: str, text: str) -> set[int]:
    page = client.get(f"/admin/search/{kind}/", {"q": text})
    assert page.status_code == 200
    return {int(key) for key in re.findall(r'name="_selected_action" value="(\d+)"', page.content.decode())}


def filled_in(client: Client, kind: str, key: int, **changed: Any) -> dict[str, Any]:
    """What the form of a row sends, some of it changed; hidden values are as they were shown."""
    page = client.get(f"/admin/search/{kind}/{key}/change/").context["adminform"].form
    data: dict[str, Any] = {}
    for name in page.fields:
        shown = page[name].value()
        data[name] = data[f"initial-{name}"] = "" if shown is None else shown
    return data | changed


def corrected(client: Client, kind: str, key: int, **changed: Any) -> Any:
    return client.post(f"/admin/search/{kind}/{key}/change/", filled_in(client, kind, key, **changed))


# -- finding
@pytest.mark.parametrize(
    ("kind", "typed", "found"),
    [
        ("work", "978-0-441-01359-3", {DUNE_AGAIN}),
        ("work", "0441172717", {DUNE}),
        ("work", "OL2W", {DUNE_AGAIN}),
        ("work", "https://openlibrary.org/works/OL2W", {DUNE_AGAIN}),
        ("work", "goodreads:44767458", {DUNE_AGAIN}),
        ("work", "44767458", {DUNE_AGAIN}),
        ("work", "B00B7NPRY8", {DUNE}),
        ("work", f"catalogue-{DUNE}", {DUNE}),
        ("work", "own:messiah", {MESSIAH}),
        ("work", "messiah", {MESSIAH}),
        ("work", "dune herbert", {DUNE, DUNE_AGAIN, MESSIAH}),
        ("work", "OL99W", set()),
        ("work", "elephants", set()),
        ("edition", "OL2M", {HARDCOVER}),
        ("edition", "9780593098233", {HARDCOVER}),
        ("edition", "OL2W", {HARDCOVER}),
        ("edition", "chronicle", {HARDCOVER}),
        ("author", "OL2A", {F_HERBERT}),
        ("author", "herbert, frank", {HERBERT}),
        ("author", "herbert", {HERBERT, F_HERBERT}),
        ("author", "OL3W", {HERBERT, F_HERBERT}),
    ],
)
def test_rows_are_found_by_anything(admin_client: Client, kind: str, typed: str, found: set[int]) -> None:
    assert listed(admin_client, kind, typed) == found


def test_an_edition_whose_work_is_not_loaded_is_listed(admin_client: Client) -> None:
    Edition.objects.create(pk=HARDCOVER + 10, work_id=MESSIAH + 10, publisher="Nowhere")
    assert "not loaded" in admin_client.get("/admin/search/edition/").content.decode()
    assert "not loaded" in admin_client.get(f"/admin/search/edition/{HARDCOVER + 10}/change/").content.decode()
    page = admin_client.get(f"/admin/search/edition/merge/?rows={HARDCOVER},{HARDCOVER + 10}").content.decode()
    assert "different works" in page


def test_identifiers_are_found_with_those_beside_them(admin_client: Client) -> None:
    page = admin_client.get("/admin/search/identifier/", {"q": "B00B7NPRY8"}).content.decode()
    assert "B00B7NPRY8" in page and "234225" in page and "44767458" not in page


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40) | st.sampled_from(HOSTILE))
def test_whatever_is_typed_is_answered(admin_client: Client, typed: str) -> None:
    for kind in ("work", "edition", "author", "identifier"):
        assert admin_client.get(f"/admin/search/{kind}/", {"q": typed}).status_code in (200, 302)


@pytest.mark.parametrize("kind", ["work", "edition", "author", "identifier"])
def test_a_list_takes_few_queries_and_counts_no_further_than_it_shows(admin_client: Client, kind: str) -> None:
    from django.db import connection

    Edition.objects.bulk_create(Edition(pk=2_000 + number, work_id=DUNE) for number in range(60))
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(f"/admin/search/{kind}/")
    assert len(queries) < 12
    counted = [query["sql"] for query in queries if "COUNT(" in query["sql"] and f"search_{kind}" in query["sql"]]
    assert counted and all("LIMIT 10000" in sql for sql in counted)


# -- merging
@pytest.mark.parametrize(
    ("kind", "keys", "seen"),
    [
        ("work", [DUNE, DUNE_AGAIN], ["Dune Chronicle", "Der Wüstenplanet", "1965", "no author in common"]),
        ("edition", [PAPERBACK, HARDCOVER], ["9780441013593", "goodreads:44767458", "different works"]),
        ("author", [HERBERT, F_HERBERT], ["1920", "1986", "Dune Messiah"]),
    ],
)
def test_a_merge_from_choice_to_undo(admin_client: Client, kind: str, keys: list[int], seen: list[str]) -> None:
    before = everything()
    chosen = admin_client.post(f"/admin/search/{kind}/", {"action": "merge", "_selected_action": keys})
    assert chosen.status_code == 302
    page = admin_client.get(chosen["location"])
    for text in ["Which", *seen]:
        assert text in page.content.decode()
    assert everything() == before, "looking at it changes nothing"
    done = admin_client.post(chosen["location"], {"rows": ",".join(map(str, keys)), "kept": keys[1]})
    assert done.status_code == 302 and done["location"].endswith(f"/{kind}/{keys[1]}/change/")
    assert "This can be undone" in admin_client.get(done["location"]).content.decode()
    merge = Merge.objects.get()
    assert (merge.kept, merge.gone) == (keys[1], keys[0]) and str(merge.by) == "admin"
    shown = admin_client.get(f"/admin/search/merge/{merge.pk}/change/").content.decode()
    assert "Undo this merge" in shown and admin_client.get("/admin/search/merge/").status_code == 200
    undo = f"/admin/search/merge/{merge.pk}/undo/"
    assert admin_client.get(undo).status_code == 405 and Merge.objects.filter(undone_at=None).exists()
    admin_client.post(undo)
    assert everything() == before
    again = admin_client.post("/admin/search/merge/", {"action": "undo", "_selected_action": [merge.pk]}, follow=True)
    assert "undone already" in again.content.decode()


def test_what_cannot_be_merged_is_said(admin_client: Client) -> None:
    before = everything()
    one = admin_client.post("/admin/search/work/", {"action": "merge", "_selected_action": [DUNE]}, follow=True)
    assert "Choose at least two works" in one.content.decode()
    gone = admin_client.get(f"/admin/search/work/merge/?rows={DUNE},77", follow=True)
    assert "is not there any more" in gone.content.decode()
    rows = f"{DUNE},{DUNE_AGAIN}"
    for kept in ("", "77", f"{DUNE},{DUNE_AGAIN}", str(MESSIAH)):
        page = admin_client.post("/admin/search/work/merge/", {"rows": rows, "kept": kept}, follow=True)
        assert "Choose the row that stays" in page.content.decode()
    for hostile in ("x", "1,", "-1,2", "1" * 40, "²,3", ",".join(["1"] * 400)):
        assert admin_client.get("/admin/search/work/merge/", {"rows": hostile}).status_code in (302, 404)
    assert admin_client.post("/admin/search/work/merge/", {"rows": rows, "kept": "x"}).status_code == 404
    assert everything() == before and not Merge.objects.exists()


def test_only_who_may_change_merges_and_corrects(viewer: Client) -> None:
    before = everything()
    for kind, key in LISTS.items():
        assert viewer.get(f"/admin/search/{kind}/").status_code == 200
        page = viewer.get(f"/admin/search/{kind}/{key}/change/")
        assert page.status_code == 200 and 'name="_save"' not in page.content.decode()
        assert viewer.post(f"/admin/search/{kind}/{key}/change/", {"title": "x", "name": "x"}).status_code == 403
        rows = {"rows": f"{key},{key + 1}", "kept": key}
        assert viewer.get(f"/admin/search/{kind}/merge/", rows).status_code == 403
        assert viewer.post(f"/admin/search/{kind}/merge/", rows).status_code == 403
        viewer.post(f"/admin/search/{kind}/", {"action": "merge", "_selected_action": [key, key + 1]})
    assert everything() == before
    from search.curation import correcting, merging

    [merge] = merging.merge("W", DUNE, [DUNE_AGAIN], None)
    correcting.correct("W", DUNE, {"title": "Dune!"}, None)
    before = everything()
    assert viewer.post(f"/admin/search/merge/{merge.pk}/undo/").status_code == 403
    assert "Undo this" not in viewer.get(f"/admin/search/merge/{merge.pk}/change/").content.decode()
    viewer.post("/admin/search/merge/", {"action": "undo", "_selected_action": [merge.pk]})
    viewer.post("/admin/search/correction/", {"action": "take_back", "_selected_action": [Correction.objects.get().pk]})
    assert everything() == before


def test_who_may_change_works_cannot_merge_authors(client_of: Any) -> None:
    editor = client_of("view_work", "change_work", "view_author", "view_merge")
    assert editor.get("/admin/search/author/merge/", {"rows": f"{HERBERT},{F_HERBERT}"}).status_code == 403
    assert editor.post("/admin/search/work/merge/", {"rows": f"{DUNE},{DUNE_AGAIN}", "kept": DUNE}).status_code == 302
    from search.curation import merging

    [merge] = merging.merge("A", HERBERT, [F_HERBERT], None)
    assert editor.post(f"/admin/search/merge/{merge.pk}/undo/").status_code == 403
    said = editor.post("/admin/search/merge/", {"action": "undo", "_selected_action": [merge.pk]}, follow=True)
    assert "You may not change authors" in said.content.decode() and not Author.objects.filter(pk=F_HERBERT).exists()


def test_a_post_needs_its_token(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post("/admin/search/work/merge/", {"rows": f"{DUNE},{DUNE_AGAIN}", "kept": DUNE}).status_code == 403
    assert not Merge.objects.exists()


def test_rows_are_neither_added_nor_deleted_by_hand(admin_client: Client) -> None:
    for kind, key in LISTS.items():
        assert admin_client.get(f"/admin/search/{kind}/add/").status_code == 403
        assert admin_client.post(f"/admin/search/{kind}/{key}/delete/", {"post": "yes"}).status_code == 403


# -- correcting
def test_corrections_and_taking_them_back(admin_client: Client) -> None:
    before = everything()
    facts = {"title": "  Dune   Chronicles ", "first_year": "1966", "subjects": "Deserts\nWorms\n\nDeserts", "original_language": "English"}
    assert corrected(admin_client, "work", DUNE_AGAIN, **facts).status_code == 302
    work = Work.objects.get(pk=DUNE_AGAIN)
    assert (work.title, work.first_year, work.subjects, work.original_language) == ("Dune Chronicles", 1966, ["Deserts", "Worms"], "en")
    assert corrected(admin_client, "edition", HARDCOVER, isbn="0-593-09932-X", published="1965-08", page_count="412").status_code == 302
    edition = Edition.objects.get(pk=HARDCOVER)
    assert (edition.isbn, edition.published, edition.page_count) == (9780593099322, "1965-08", 412)
    assert corrected(admin_client, "author", F_HERBERT, name="Herbert, F. P.", birth_year="-43").status_code == 302
    assert Author.objects.get(pk=F_HERBERT).birth_year == -43
    assert Correction.objects.count() == 9
    shown = admin_client.get(f"/admin/search/work/{DUNE_AGAIN}/change/").content.decode()
    assert "the source says: Dune Chronicle)" in shown and "by admin" in shown
    assert "Dune Chronicle" in admin_client.get("/admin/search/correction/").content.decode()
    keys = list(Correction.objects.values_list("pk", flat=True))
    done = admin_client.post("/admin/search/correction/", {"action": "take_back", "_selected_action": keys}, follow=True)
    assert "9 taken back." in done.content.decode()
    assert everything() == before


def test_saving_an_untouched_form_corrects_nothing(admin_client: Client) -> None:
    Edition.objects.filter(pk=HARDCOVER).update(format="Spiral", published="n.d.", page_count=0, language="xx")
    before = everything()
    for kind, key in {**LISTS, "edition": HARDCOVER}.items():
        assert corrected(admin_client, kind, key).status_code == 302
    assert everything() == before


def test_what_a_load_wrote_meanwhile_is_not_corrected(admin_client: Client) -> None:
    data = filled_in(admin_client, "work", DUNE, title="Dune!")
    Work.objects.filter(pk=DUNE).update(first_year=1965, subjects=["Planets"])
    assert admin_client.post(f"/admin/search/work/{DUNE}/change/", data).status_code == 302
    assert Work.objects.get(pk=DUNE).first_year == 1965 and [each.field for each in Correction.objects.all()] == ["title"]


@pytest.mark.parametrize(
    ("kind", "field", "typed"),
    [
        *(("work", "title", text) for text in ("", " ", "\u200b", "\u0000", "x" * 501)),
        *(("work", "first_year", text) for text in ("999", "3000", "x", "0", "-5000", "1e3", "9" * 40)),
        *(("work", "original_language", text) for text in ("xx", "und", "x" * 100)),
        *(("work", "subjects", text) for text in ("x" * 81, "\n".join(map(str, range(51))))),
        *(("work", "series_position", text) for text in ("nan", "inf", "-1", "1e300", "x")),
        *(("edition", "isbn", text) for text in ("9780441013594", "9780593098233", "x", "9790001000000", "9.78E+12")),
        *(("edition", "published", text) for text in ("1965-13", "65", "1965-02-30", "2999", "yesterday", "1965-8")),
        *(("edition", "page_count", text) for text in ("0", "20001", "-1", "1.5", "x")),
        *(("edition", "format", text) for text in ("Papyrus", "paperback")),
        *(("author", "birth_year", text) for text in ("0", "-4001", "3000", "x")),
        *(("author", "name", text) for text in ("", "x" * 301)),
        ("author", "birth_year", "1990"),  # after 1986
    ],
)  # fmt: skip
def test_what_is_not_fit_is_said_at_its_field(admin_client: Client, kind: str, field: str, typed: str) -> None:
    before, key = everything(), {"work": DUNE_AGAIN, "edition": HARDCOVER, "author": F_HERBERT}[kind]
    page = corrected(admin_client, kind, key, **{field: typed})
    assert page.status_code == 200 and page.context["adminform"].form.errors
    assert "errorlist" in page.content.decode() and everything() == before


def test_markup_is_text(admin_client: Client) -> None:
    mark = "<img src=x onerror=alert(1)>"
    assert corrected(admin_client, "work", DUNE, title=mark).status_code == 302
    corrected(admin_client, "author", HERBERT, name=mark)
    merge = f"work/merge/?rows={DUNE},{DUNE_AGAIN}"
    for url in ("work/", f"work/{DUNE}/change/", merge, "correction/", f"author/{HERBERT}/change/", "edition/"):
        assert mark not in admin_client.get(f"/admin/search/{url}").content.decode()
    admin_client.post("/admin/search/work/merge/", {"rows": f"{DUNE_AGAIN},{DUNE}", "kept": DUNE_AGAIN})
    assert mark not in admin_client.get("/admin/search/merge/").content.decode()


# -- answers
async def test_answers_show_it_at_once(client: Any) -> None:

    from bookstrack.lib.db import in_db
    from search.curation import correcting, merging

    asked = ("/v1/search/isbn?isbn=9780441013593", "/v1/search/title?q=dune+chronicle", "/v1/search/isbn?isbn=9780441172719")
    for url in asked:
        assert (await client.get(url)).headers["x-cache"] == "MISS"
    await services.settled()
    work = (await client.get(asked[0])).json()["data"]["works"][0]
    assert work["title"] == "Dune" and work["reviewStatus"] != "userEdited"
    await in_db(correcting.correct, "W", DUNE_AGAIN, {"title": "Dune Saga", "first_year": 1966}, None)
    again = await client.get(asked[0])
    assert again.headers["x-cache"] == "MISS" and (await client.get(asked[1])).headers["x-cache"] == "MISS"
    assert (await client.get(asked[2])).headers["x-cache"] != "MISS", "others stay"
    work = again.json()["data"]["works"][0]
    assert (work["reviewStatus"], work["firstPublicationYear"]) == ("userEdited", 1966)
    assert work["sources"]["firstPublicationYear"] == "catalogue"
    await services.settled()
    await in_db(merging.merge, "W", DUNE, [DUNE_AGAIN], None)
    for url in (asked[0], asked[2], "/v1/search/title?q=dune+saga"):
        assert (await client.get(url)).headers["x-cache"] == "MISS"
    assert (await client.get(asked[0])).json()["data"]["works"][0]["id"] == "OL1W"
    assert await in_db(CacheEntry.objects.filter(kind="isbn").count) <= 2


# -- loads
def test_loads_with_counts_and_errors(admin_client: Client) -> None:
    load = Load.objects.create(name="dump.txt.gz", fingerprint="f", size_bytes=10, lines=12_000, bad_lines=1, counts={"works": 11_999})
    LoadError.objects.create(load=load, line=3, reason="no JSON", excerpt="<b>")
    page = admin_client.get("/admin/search/load/").content.decode()
    assert "11,999 works" in page
    page = admin_client.get(f"/admin/search/load/{load.pk}/change/").content.decode()
    assert "no JSON" in page and "&lt;b&gt;" in page
