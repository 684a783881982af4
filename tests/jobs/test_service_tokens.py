"""Service tokens: only a hash is kept, they are scoped, they expire, they are revoked."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.models import ServiceToken

pytestmark = pytest.mark.django_db


def test_the_clear_text_is_given_once_and_kept_nowhere() -> None:
    row, clear = ServiceToken.issue("night", ["warming"])
    assert len(clear) >= 40
    kept = " ".join(str(value) for value in ServiceToken.objects.values_list().get(pk=row.pk))
    assert clear not in kept and clear[10:] not in kept


def test_found_by_its_text_with_its_scopes() -> None:
    row, clear = ServiceToken.issue("night", ["warming"])
    assert ServiceToken.find(clear) == row
    assert row.allows("warming") and not row.allows("harvest")


@pytest.mark.parametrize("wrong", ["", "bt_", "bt_" + "x" * 43, "x" * 5000, "bt_\ud800", "admin"])
def test_a_wrong_text_finds_none(wrong: str) -> None:
    ServiceToken.issue("night", ["warming"])
    assert ServiceToken.find(wrong) is None


def test_expired_and_revoked_ones_are_not_found() -> None:
    _, expired = ServiceToken.issue("a", ["warming"], timezone.now() - timedelta(seconds=1))
    row, revoked = ServiceToken.issue("b", ["warming"])
    ServiceToken.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
    assert ServiceToken.find(expired) is None and ServiceToken.find(revoked) is None


def test_two_of_one_name_overlap() -> None:
    (old, first), (new, second) = ServiceToken.issue("night", ["warming"]), ServiceToken.issue("night", ["warming"])
    assert ServiceToken.find(first) == old and ServiceToken.find(second) == new


def test_the_command_prints_the_token_last() -> None:
    out, err = StringIO(), StringIO()
    call_command("create_service_token", "night", "--scope", "warming", "--scope", "harvest", stdout=out, stderr=err)
    found = ServiceToken.find(out.getvalue().strip().splitlines()[-1])
    assert found is not None and found.scopes == ["harvest", "warming"]


def test_the_command_refuses_an_unknown_scope() -> None:
    with pytest.raises(CommandError, match="Scopes are"):
        call_command("create_service_token", "night", "--scope", "everything", stdout=StringIO(), stderr=StringIO())
    assert not ServiceToken.objects.exists()


def test_use_is_remembered_once_a_minute() -> None:
    row, _ = ServiceToken.issue("night", ["warming"])
    row.used()
    first = row.last_used_at
    row.used()
    assert first is not None and row.last_used_at == first
