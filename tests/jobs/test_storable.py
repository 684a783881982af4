"""What a job is given is kept by every database, whatever signs are in it."""

from typing import Any

import pytest

from tests.jobs import hands

pytestmark = pytest.mark.usefixtures("shop")


def given(sign: str) -> list[dict[str, Any]]:
    return [{"title": f"a{sign}b", f"n{sign}": [None, 1.5, sign]}]


@pytest.mark.parametrize("sign", ["\x00", "\x00\x00a", "\uffff", "\U0010ffff", "\\u0000"])
async def test_any_sign_may_be_in_it(sign: str) -> None:
    started = await hands.start(1, books=given(sign))
    kept = await hands.fresh(started.job.pk)
    assert kept.payload == {"count": 1, "books": given(sign.replace("\x00", "\ufffd"))}
