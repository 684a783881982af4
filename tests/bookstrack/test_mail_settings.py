"""By which server mails go: one address, or the variables one by one; what is wrong is said without a password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from bookstrack import mail_settings
from bookstrack.mail_settings import Mail

SENDER = "bookstrack@localhost"


@pytest.mark.parametrize(
    ("url", "mail"),
    [
        ("smtp://mail.example.org", Mail("mail.example.org", 25, "", "", False, False, SENDER)),
        ("smtp+tls://me:pa%40ss@mail.example.org", Mail("mail.example.org", 587, "me", "pa@ss", True, False, SENDER)),
        ("smtps://me%40example.org:x@mail.example.org:2465", Mail("mail.example.org", 2465, "me@example.org", "x", False, True, SENDER)),
    ],
)
def test_one_address_says_all(monkeypatch: pytest.MonkeyPatch, url: str, mail: Mail) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    monkeypatch.setenv("EMAIL_HOST", "another.example.org")
    assert mail_settings.read() == mail


def test_the_variables_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail_settings.read().host == "", "no mail is sent"
    said = {"EMAIL_HOST": "mail.example.org", "EMAIL_USE_TLS": "1", "EMAIL_HOST_USER": "me", "EMAIL_FROM": "a@b.example"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert mail_settings.read() == Mail("mail.example.org", 587, "me", "", True, False, "a@b.example")
    monkeypatch.setenv("EMAIL_USE_SSL", "1")
    with pytest.raises(ImproperlyConfigured, match="choose one"):
        mail_settings.read()


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://me:hunter2@host:port", "smtp://me:hunter2@"])
def test_a_wrong_address_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as raised:
        mail_settings.read()
    assert "hunter2" not in str(raised.value) and raised.value.__cause__ is None
