"""STORAGE_URL: what it may say, and that a wrong one is told without its secret."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.storage_url import Bucket, WrongUrl, parse

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


def test_an_empty_one_stands_for_local_folders() -> None:
    assert parse("") is None


def test_all_that_it_may_say() -> None:
    found = parse("s3://AKIA%2F1:s%2Fe%40c%23r@books/shelf/one?endpoint=https://s3.example.org:9000/&region=eu-central-1")
    assert found == Bucket("books", "shelf/one", "AKIA/1", "s/e@c#r", "https://s3.example.org:9000", "eu-central-1")
    assert found.options("covers")["location"] == "shelf/one/covers"
    assert SECRET not in repr(parse(f"s3://AKIA:{SECRET}@books"))


def test_the_least_that_it_may_say() -> None:
    found = parse("s3://books")
    assert found == Bucket("books")
    assert found.options("covers") == {
        "bucket_name": "books", "location": "covers", "access_key": None, "secret_key": None, "security_token": None,
        "endpoint_url": None, "region_name": None,
    }  # fmt: skip


WRONG = [
    "books", "s3:books", "http://books", "S3://", "s3://", "s3:///prefix", "s3://KEY@books", f"s3://:{SECRET}@books", "s3://KEY:@books",
    f"s3://KEY:{SECRET}/more@books", f"s3://KEY:{SECRET}#more@books", f"s3://KEY:{SECRET}?more@books", f"s3://KEY:{SECRET}%zz@books",
    "s3://Books", "s3://b", "s3://a..b", "s3://books/a//b", "s3://books/../b", "s3://books/a b", "s3://books/%2e%2e", "s3://books:9000",
    "s3://books?endpoint=ftp://x", "s3://books?endpoint=", "s3://books?endpoint=http://u:p@x", "s3://books?endpoint=http://x/path",
    "s3://books?endpoint=http://x:99999", "s3://books?region=", "s3://books?region=EU west", "s3://books?secret=x", "s3://books?region",
    "s3://books?region=a&region=b", "s3://books#x", "s3://[books", f"s3://KEY:{SECRET}:more@books",
]  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_what_is_wrong_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(WrongUrl) as told:
        parse(url)
    assert SECRET not in str(told.value) and len(str(told.value)) > 20


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_key_and_secret_may_have_any_signs(key: str, secret: str) -> None:
    found = parse(f"s3://{quote(key, safe='')}:{quote(secret, safe='')}@books/p")
    assert found is not None and (found.key, found.secret, found.prefix) == (key, secret, "p")


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    for url in (text, f"s3://{text}", f"s3://books/{text}", f"s3://K:S@books?endpoint={text}"):
        try:
            parse(url)
        except WrongUrl:
            continue


def ran(tmp_path: Path, url: str, code: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "BOOKSTRACK_DATA_DIR": str(tmp_path), "STORAGE_URL": url, "DJANGO_SETTINGS_MODULE": "bookstrack.settings"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_a_wrong_one_fails_at_the_start_by_its_name(tmp_path: Path) -> None:
    check = "from django.core.management import execute_from_command_line as run; run(['', 'check'])"
    done = ran(tmp_path, f"s3://KEY:{SECRET}@Books", check)
    assert done.returncode != 0 and "STORAGE_URL: " in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_local_files_cost_no_library_of_s3(tmp_path: Path) -> None:
    done = ran(tmp_path, "", "import sys, bookstrack.asgi; print([name for name in sys.modules if name.startswith('boto')])")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[]\n")
