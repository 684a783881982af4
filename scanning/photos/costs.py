"""What tokens of Gemini cost. Pure.

Prices are list prices of the paid tier in US dollars for a million tokens of text and pictures; thoughts are counted as answers.
Read on 2026-11-26 from pages that quote Google's own; the price of gemini-3.8-flash is announced until 2026-12-31.
Source: ai.google.dev/gemini-api/docs/pricing.
"""

from typing import NamedTuple

PER = 1_000_000
DIGITS = 6  # of a cost in dollars


class Price(NamedTuple):
    """US dollars for a million tokens of questions and of answers."""

    asked: float
    answered: float


PRICES = {
    "gemini-3.8-flash": Price(0.75, 3.75),
    "gemini-3.5-flash-lite": Price(0.30, 2.50),
    "gemini-2.5-flash": Price(0.30, 2.50),
    "gemini-2.5-flash-lite": Price(0.10, 0.40),
}


def cost_usd(model: str | None, asked: int, answered: int) -> float | None:
    """The price of so many tokens in US dollars; None where the model's price is not known."""
    price = PRICES.get((model or "").removeprefix("models/"))
    return None if price is None else round((asked * price.asked + answered * price.answered) / PER, DIGITS)
