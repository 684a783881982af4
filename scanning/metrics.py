"""Counters of the scanning app."""

from bookstrack.lib.telemetry import CALL_BUCKETS, Counter, Histogram
from scanning.photos.costs import cost_usd

gemini_calls = Counter("bookstrack_gemini_calls_total", "Questions to Gemini, by how they ended.", ["outcome"])
gemini_seconds = Histogram("bookstrack_gemini_seconds", "Time of a question, retries included.", buckets=CALL_BUCKETS)
gemini_tokens = Counter("bookstrack_gemini_tokens_total", "Tokens of questions and of answers.", ["model", "direction"])
gemini_usd = Counter("bookstrack_gemini_usd_total", "What tokens cost by list prices, in US dollars.", ["model"])
gemini_unpriced = Counter("bookstrack_gemini_unpriced_tokens_total", "Tokens of models whose price is not known.", ["model"])


def asked(outcome: str, model: str, seconds: float, asked_tokens: int, answered_tokens: int) -> None:
    """Count a question to Gemini and what it took. One that had no turn, or that no answer came to, takes time and no tokens."""
    gemini_calls.labels(outcome).inc()
    gemini_seconds.observe(seconds)
    if not asked_tokens and not answered_tokens:
        return
    gemini_tokens.labels(model, "asked").inc(asked_tokens)
    gemini_tokens.labels(model, "answered").inc(answered_tokens)
    cost = cost_usd(model, asked_tokens, answered_tokens)
    if cost is None:
        gemini_unpriced.labels(model).inc(asked_tokens + answered_tokens)
    else:
        gemini_usd.labels(model).inc(cost)
