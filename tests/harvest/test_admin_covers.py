"""Covers in the admin: the list, the button that says that a picture is none, and the one that asks again."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from bookstrack.lib.errors import JobExists
from harvest import services
from harvest.cover_store import cover_index, covers
from harvest.models import Cover, NoCover
from tests.harvest.covering import BOXES, isbns

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/harvest/cover/"
LIKENESS, OTHER = "f418a7d9c897b832", "0be758263768474d"


@pytest.fixture
def staff() -> Client:
    return _client("harvest.view_cover", "harvest.change_cover", "harvest.view_nocover", "harvest.add_nocover", "harvest.delete_nocover")


def _client(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff-{len(permissions)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[name.partition(".")[2] for name in permissions]))
    client = Client()
    client.force_login(user)
    return client


def _kept(isbn: str, likeness: str = LIKENESS, **more: Any) -> Cover:
    sizes = {size: {"width": 1, "height": 1, "bytes": 1, "digest": "0" * 16} for size in BOXES}
    facts = {"source": "openlibrary", "version": "9f2c4a51d0b7e863", "score": 0.81, "width": 400, "height": 600, "kept_at": timezone.now()}
    told = {"reasons": ["400 x 600 px", "<b>the shape</b> of a book"], "source_url": "https://covers.openlibrary.org/b/id/1-L.jpg?a=1&b=2"}
    return Cover.objects.create(isbn=isbn, state="kept", likeness=likeness, sizes=sizes, **{**facts, **told, **more})


def test_the_list_shows_pictures_and_why_and_filters(staff: Client, django_assert_max_num_queries: Any) -> None:
    for number, isbn in enumerate(isbns(120)):
        _kept(isbn, source="isbndb" if number % 2 else "openlibrary", kept_at=timezone.now() - timedelta(days=number))
    Cover.objects.create(isbn="9780306406157", state="none")
    with django_assert_max_num_queries(20):
        page = staff.get(LIST, follow=True)
    text = page.content.decode()
    assert page.context["cl"].result_count == 120
    assert page.status_code == 200 and f'src="/covers/{isbns(1)[0]}/small.webp?v=9f2c4a51d0b7e863"' in text
    assert "0.81" in text and "&lt;b&gt;the shape&lt;/b&gt; of a book" in text and "This is no cover" in text and "Harvest again" in text
    counts = {"state__exact=none": 1, "source=isbndb": 60, "q=0-306-40615-2": 1, "q=nothing": 0, "state__exact=kept": 120}
    for query, count in counts.items():
        assert staff.get(f"{LIST}?{query}").context["cl"].result_count == count, query
    week = timezone.now() - timedelta(days=7)
    assert staff.get(LIST, {"kept_at__gte": week.isoformat()}).context["cl"].result_count == 7


def test_one_page_tells_all_of_a_cover(staff: Client) -> None:
    page = staff.get(f"{LIST}{_kept('9780306406157').pk}/change/").content.decode()
    assert "/covers/9780306406157/medium.webp" in page and "400 × 600" in page and LIKENESS in page and 'name="_save"' not in page
    assert staff.get(f"{LIST}{Cover.objects.create(isbn='9780441172719', state='none').pk}/change/").status_code == 200


def test_one_click_says_that_a_picture_is_no_cover(staff: Client) -> None:
    one, same, near, different = isbns(4)
    for isbn, likeness in ((one, LIKENESS), (same, LIKENESS), (near, "f418a7d9c897b833"), (different, OTHER)):
        _kept(isbn, likeness)
        async_to_sync(cover_index.put)(isbn, cover_index.Indexed("9f2c4a51d0b7e863", {}))
    assert staff.get(f"{LIST}{one}/no-cover/").status_code == 405 and not NoCover.objects.exists()
    page = staff.post(f"{LIST}{one}/no-cover/", follow=True)
    assert "Withdrawn from 3 books" in page.content.decode()
    listed = NoCover.objects.get()
    assert (listed.likeness, listed.added_by) == (LIKENESS, User.objects.get()) and listed.example_url.startswith("https://covers.")
    assert dict(Cover.objects.values_list("isbn", "state")) == {one: "none", same: "none", near: "none", different: "kept"}
    assert list(async_to_sync(covers.known)([one, same, near, different])) == [different]
    logged = set(LogEntry.objects.values_list("object_id", flat=True))
    assert logged == {str(listed.pk), one, same, near}
    shown = staff.get("/admin/harvest/nocover/").content.decode()
    assert "/images/proxy?size=small&amp;url=https%3A%2F%2Fcovers.openlibrary.org%2Fb%2Fid%2F1-L.jpg%3Fa%3D1%26b%3D2" in shown
    again = staff.post(f"{LIST}{one}/no-cover/", follow=True)
    assert again.status_code == 200 and NoCover.objects.count() == 1


def test_ask_again(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, none, refused = isbns(3)
    _kept(kept)
    Cover.objects.create(isbn=none, state="none", retry_at=timezone.now() + timedelta(days=20))
    Cover.objects.create(isbn=refused, state="refused")
    asked: list[tuple[list[str], str]] = []

    async def start(*, isbns: list[str], asked_by: str) -> Any:
        asked.append((sorted(isbns), asked_by))
        raise JobExists("A harvest runs already.")

    monkeypatch.setattr(services, "start_harvest", start)
    page = staff.post(LIST, {"action": "again", "_selected_action": [kept, none, refused]}, follow=True)
    assert "A harvest runs already. The next harvest asks about them." in page.content.decode()
    assert asked == [(sorted([kept, none, refused]), User.objects.get().username)]
    assert set(async_to_sync(covers.due)([kept, none, refused])) == {kept, none, refused}
    assert Cover.objects.get(pk=kept).state == "kept" and LogEntry.objects.count() == 3


def test_a_book_that_gets_no_cover(staff: Client) -> None:
    _kept("9780306406157")
    staff.post(LIST, {"action": "refuse", "_selected_action": ["9780306406157"]})
    assert Cover.objects.get().state == "refused" and async_to_sync(covers.due)(["9780306406157"]) == []
    assert LogEntry.objects.get().object_id == "9780306406157"


def test_who_may_only_look_has_no_buttons() -> None:
    client = _client("harvest.view_cover")
    _kept("9780306406157")
    page = client.get(LIST, follow=True).content.decode()
    assert "9780306406157" in page and "This is no cover" not in page
    for name in ("no-cover", "again"):
        assert client.post(f"{LIST}9780306406157/{name}/").status_code == 403
    client.post(LIST, {"action": "refuse", "_selected_action": ["9780306406157"]})
    assert Cover.objects.get().state == "kept" and not NoCover.objects.exists()
    assert Client().post(f"{LIST}9780306406157/no-cover/").status_code == 302 and Cover.objects.get().state == "kept"
