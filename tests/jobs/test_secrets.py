"""Tokens stand in no log line, whichever way they come and whatever becomes of the request."""

import io
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from bookstrack.lib import access_log
from bookstrack.lib.logging import printer
from tests.jobs import hands
from tests.jobs.hands import Address, refused, talking


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args} {logging.Formatter().format(record)}")


@pytest.fixture
def logged() -> Iterator[Callable[[], list[str]]]:
    """Everything that is logged, by whichever library, and every line that is printed."""
    handler, before, printed = _Lines(), printer().stream, io.StringIO()
    logging.getLogger().addHandler(handler)
    printer().stream = printed

    def lines() -> list[str]:
        access_log.flush()
        return [*handler.lines, *printed.getvalue().splitlines()]

    yield lines
    printer().stream = before
    logging.getLogger().removeHandler(handler)


async def test_no_token_is_logged(served: Address, logged: Callable[[], list[str]]) -> None:
    started, other = await hands.completed(2), await hands.start(1)
    job_id, token = started.job.pk, started.token
    async with talking(served.socket(jobId=other.job.pk, token=other.token)) as client:
        await client.say(type="subscribe", jobId=job_id, token=token)
        await client.hear_until("job_complete")
        await client.say(type="subscribe", jobId=job_id, token=other.token)
        await client.say(type="nonsense", token=token)
        await client.hear_until("error")
    async with talking(served.socket(jobId=job_id), protocols=[f"bookstrack-auth.{token}"]) as client:
        await client.hear_all()
    wrong = "a-token-of-somebody-else"
    await refused(served.socket(jobId=job_id, token=wrong))
    await refused(served.socket(jobId="none", token=token))
    await refused(served.socket(jobId=job_id, token=token, lastSeq="x"))
    async with httpx.AsyncClient(base_url=served.http, trust_env=False) as web:
        for alias in ("/v1/enrichment/results/", "/v1/scan/results/", "/v1/csv/results/"):
            assert (await web.get(f"{alias}{job_id}?token={token}")).status_code == 200
            assert (await web.get(f"{alias}{job_id}?token={wrong}")).status_code == 401
        await web.get(f"/v1/jobs/{job_id}", headers={"Authorization": f"Bearer {token}"})
        await web.post("/api/token/refresh", json={"jobId": job_id, "oldToken": token})
        await web.post("/api/enrichment/cancel", json={"jobId": job_id, "token": token})
        await web.request("DELETE", f"/v1/jobs/{job_id}", json={"token": token})
        assert (await web.get(f"/nowhere?token={token}")).status_code == 404
    await hands.nobody_left()
    lines = logged()
    assert any("path=/v1/jobs/" in line for line in lines) and any("socket" in line for line in lines)
    assert not [line for line in lines if any(secret in line for secret in (token, other.token, wrong)) and not line.startswith("http")]
