"""What questions to Gemini leave in the figures: tokens, and money only where a price is known."""

import pytest

from bookstrack.lib import telemetry
from scanning import metrics


def stands(name: str, **labels: str) -> float:
    return sum(one.value for one in telemetry.samples() if one.name == f"bookstrack_gemini_{name}" and labels.items() <= one.labels.items())


def test_tokens_and_money() -> None:
    model, unknown = "gemini-2.5-flash", "gemini-of-a-later-day"
    before = [stands("tokens_total", model=model), stands("usd_total"), stands("calls_total"), stands("unpriced_tokens_total")]
    metrics.asked("ok", f"{model}", 1.5, 1_000_000, 100_000)
    metrics.asked("blocked", unknown, 0.5, 300, 20)
    metrics.asked("timeout", model, 60.0, 0, 0)
    after = [stands("tokens_total", model=model), stands("usd_total"), stands("calls_total"), stands("unpriced_tokens_total")]
    assert [new - old for new, old in zip(after, before, strict=True)] == pytest.approx([1_100_000, 0.30 + 0.25, 3, 320])
    assert stands("tokens_total", model=unknown, direction="answered") == 20
    assert stands("calls_total", outcome="timeout") >= 1 and stands("seconds_count") >= 3
