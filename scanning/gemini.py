"""The one door to Gemini: a question with structured output, its tokens counted against the day's budget, its troubles told by reason.

What stands in a file or a photo is data: it goes into a part of its own, never into the instruction, and the answer is read by a schema.
Source: spec 05, "Gemini"; googleapis.github.io/python-genai. The library answers a blocked, cut or empty answer without an exception.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import structlog
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, ValidationError

from bookstrack.lib import clock
from bookstrack.lib.per_loop import PerLoop
from scanning import conf, metrics
from search import services as search

log = structlog.get_logger(__name__)
NAME = "gemini"
ATTEMPTS = 3
FIRST_PAUSE_S = 0.5  # before a retry; each further one twice as long, with jitter
RETRIED = [429, 500, 502, 503, 504]
TOKENS_PER_CHAR = 0.3  # of a question, before it is asked: what is over is given back
UNFINISHED = (types.FinishReason.OTHER, types.FinishReason.MALFORMED_RESPONSE)  # for no reason of the content's
Schema = TypeVar("Schema", bound=BaseModel)
Reason = Literal["off", "budget", "throttled", "open", "timeout", "away", "rejected", "blocked", "empty", "truncated", "unreadable"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call took: of the question, of the answer with the thoughts before it, and all together as it is counted."""

    asked: int = 0
    answered: int = 0
    total: int = 0


class GeminiFailed(Exception):
    """There is no answer; `reason` says why, the message says it in words for clients, and `tokens` what it took all the same."""

    def __init__(self, reason: Reason, message: str, tokens: Tokens | None = None) -> None:
        super().__init__(message)
        self.reason, self.message, self.tokens = reason, message, tokens or Tokens()

    @property
    def retryable(self) -> bool:
        """Whether asking again later may help."""
        return self.reason in ("budget", "throttled", "open", "timeout", "away")


@dataclass(frozen=True, slots=True)
class Said(Generic[Schema]):
    """An answer that is of the schema, and what it cost."""

    value: Schema
    tokens: int
    model: str
    seconds: float
    parts: Tokens = field(default_factory=Tokens)


def enabled() -> bool:
    """Whether it can be asked: the key is there."""
    return bool(conf.gemini_key())


async def ask(instruction: str, data: Sequence[str | bytes], schema: type[Schema], *, max_output_tokens: int = 8_192) -> Said[Schema]:
    """Ask once, with retries on 429 and 5xx. `data` are texts, or JPEG pictures as bytes.

    Raises: GeminiFailed.
    """
    if not enabled():
        raise GeminiFailed("off", "Gemini is off: there is no key.")
    expected = _expected_tokens(instruction, data) + max_output_tokens
    if not await search.spend(NAME, expected, conf.gemini_daily_tokens()):
        metrics.gemini_calls.labels("budget").inc()
        raise GeminiFailed("budget", "Gemini's tokens of today are used up.")
    began, used, outcome = clock.monotonic_s(), Tokens(), "dropped"
    try:
        reply = await _in_turn(_reply(instruction, data, schema, max_output_tokens))
        used = _tokens(reply, expected)
        said = Said(_read(reply, schema), used.total, conf.gemini_model(), clock.monotonic_s() - began, used)
        outcome = "ok"
        return said
    except GeminiFailed as failure:
        failure.tokens, outcome = used, failure.reason  # an answer of no use costs as much as another
        raise
    finally:
        metrics.asked(outcome, conf.gemini_model(), clock.monotonic_s() - began, used.asked, used.answered)
        await search.give_back(NAME, expected - used.total)


def _tokens(reply: types.GenerateContentResponse, expected: int) -> Tokens:
    """As the answer tells them; what it does not tell is counted as it was expected."""
    told = reply.usage_metadata
    if told is None:
        return Tokens(expected, 0, expected)
    asked = max(0, told.prompt_token_count or 0)
    answered = max(0, told.candidates_token_count or 0) + max(0, told.thoughts_token_count or 0)
    total = max(0, told.total_token_count or 0) or asked + answered or expected
    return Tokens(asked, max(answered, total - asked), max(total, asked + answered))


async def _in_turn(asking: Coroutine[Any, Any, types.GenerateContentResponse]) -> types.GenerateContentResponse:
    """Ask when it is our turn; whether it answered is noted for everybody."""
    admission = await search.turn(NAME, rate=conf.gemini_rate(), wait_s=conf.gemini_timeout_s())
    if admission.answer != "go":
        asking.close()
        raise GeminiFailed("open" if admission.answer == "open" else "throttled", "Gemini is left alone for a while.")
    try:
        reply = await asking
    except GeminiFailed as failure:
        await search.turned(NAME, admission, ok=failure.reason not in ("timeout", "away"))
        raise
    await search.turned(NAME, admission, ok=True)
    return reply


async def _reply(
    instruction: str, data: Sequence[str | bytes], schema: type[BaseModel], max_output_tokens: int
) -> types.GenerateContentResponse:
    parts = [_part(one) for one in data]
    config = types.GenerateContentConfig(
        system_instruction=instruction,
        response_mime_type="application/json",
        response_schema=schema,
        max_output_tokens=max_output_tokens,
        temperature=0.0 if _second_generation() else None,  # later ones are to be left at their own
        thinking_config=_thinking(),
    )
    try:
        async with asyncio.timeout(conf.gemini_timeout_s() * ATTEMPTS):
            return await _client().aio.models.generate_content(
                model=conf.gemini_model(), contents=[types.Content(role="user", parts=parts)], config=config
            )
    except errors.APIError as error:
        log.warning("gemini refused", status=error.code)
        raise _failure_of(error.code) from None
    except TimeoutError:
        raise GeminiFailed("timeout", "Gemini did not answer in time.") from None
    except Exception as error:  # its transport's own errors, of a library that may change: named, never shown
        log.warning("gemini could not be asked", error=type(error).__name__)
        raise GeminiFailed("away", "Gemini could not be reached.") from None


def _second_generation() -> bool:
    return conf.gemini_model().removeprefix("models/").startswith("gemini-2")


def _thinking() -> types.ThinkingConfig:
    """Models of the second generation take a budget of tokens, later ones a level. Source: ai.google.dev/gemini-api/docs/thinking."""
    budget = conf.gemini_thinking_budget()
    if _second_generation():
        return types.ThinkingConfig(thinking_budget=budget)
    return types.ThinkingConfig(thinking_level=types.ThinkingLevel.HIGH if budget else types.ThinkingLevel.LOW)


def _part(one: str | bytes) -> types.Part:
    return types.Part.from_text(text=one) if isinstance(one, str) else types.Part.from_bytes(data=one, mime_type="image/jpeg")


def _failure_of(status: int) -> GeminiFailed:
    if status == 429:
        return GeminiFailed("throttled", "Gemini takes no more questions for now.")
    if status >= 500:
        return GeminiFailed("away", "Gemini failed.")
    return GeminiFailed("rejected", "Gemini refused the question.")


def _read(reply: types.GenerateContentResponse, schema: type[Schema]) -> Schema:
    """Raises: GeminiFailed for an answer that was blocked, cut, empty, or is not of the schema."""
    if reply.prompt_feedback is not None and reply.prompt_feedback.block_reason is not None:
        raise GeminiFailed("blocked", "Gemini blocked the question.")
    if not reply.candidates:
        raise GeminiFailed("empty", "Gemini's answer was empty.")
    finish = reply.candidates[0].finish_reason
    if finish is types.FinishReason.MAX_TOKENS:
        raise GeminiFailed("truncated", "Gemini's answer was truncated: it grew too long.")
    if finish in UNFINISHED:
        raise GeminiFailed("truncated", "Gemini stopped in the middle: its answer is truncated.")
    if finish not in (None, types.FinishReason.STOP):
        raise GeminiFailed("blocked", "Gemini blocked its own answer.")
    parts = (reply.candidates[0].content.parts or ()) if reply.candidates[0].content else ()
    text = "".join(part.text or "" for part in parts if not part.thought)
    if not text.strip():
        raise GeminiFailed("empty", "Gemini's answer was empty.")
    try:
        return schema.model_validate_json(text)
    except ValidationError:
        raise GeminiFailed("unreadable", "Gemini's answer could not be parsed as JSON of the form that was asked for.") from None


def _expected_tokens(instruction: str, data: Sequence[str | bytes]) -> int:
    chars = len(instruction) + sum(len(one) for one in data if isinstance(one, str))
    pictures = sum(isinstance(one, bytes) for one in data)
    return int(chars * TOKENS_PER_CHAR) + pictures * conf.GEMINI_PICTURE_TOKENS


def _made() -> genai.Client:
    retry = types.HttpRetryOptions(attempts=ATTEMPTS, initial_delay=FIRST_PAUSE_S, http_status_codes=RETRIED)
    options = types.HttpOptions(base_url=conf.gemini_base_url(), timeout=int(conf.gemini_timeout_s() * 1000), retry_options=retry)
    return genai.Client(api_key=conf.gemini_key(), http_options=options)


_clients = PerLoop(_made)  # and a reference is kept: the library closes a client that nobody holds


def _client() -> genai.Client:
    return _clients.get()
