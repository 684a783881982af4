"""What can be wrong with a provider during a drill, and what that means for those who ask it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# As the drill's options name them; beside each the name that answers of the service give it.
OPTIONS = {"google": "google-books", "openlibrary": "openlibrary", "isbndb": "isbndb", "wikidata": "wikidata", "covers": "covers"}
CATALOGUES = ("google-books", "openlibrary", "isbndb")
MAX_SECONDS = 60.0
PROVIDER_TIMEOUT_S = 5.0  # spec 05: a provider that answers later has not answered
EASY_SHARE = 0.6  # of the time a search has: who answers within that is well, whatever the machine is doing
RETRY_AFTER_S, SLOW_S, FLAKY_SHARE = 2.0, 5.0, 0.5  # where the fault says no amount
FORMS = "ok, down, cut, a status from 400 to 599, 429:SECONDS (Retry-After), slow[:SECONDS], garbage, flaky[:SHARE], hang, empty"


class BadFault(ValueError):
    """No such fault; the message says what there is."""


class Kind(StrEnum):
    """How a provider behaves."""

    OK = "ok"
    DOWN = "down"  # connections are refused
    CUT = "cut"  # connections are cut in the middle of an answer
    STATUS = "status"
    SLOW = "slow"
    GARBAGE = "garbage"  # status 200 and nothing that can be used
    FLAKY = "flaky"  # a share of the calls fails with 500
    HANG = "hang"  # the connection stands and nothing comes
    EMPTY = "empty"  # well-formed answers of somebody who knows no book


class Health(StrEnum):
    """What may be expected of a provider."""

    WELL = "well"
    IGNORANT = "ignorant"  # it answers, and says that it knows nothing
    LIMPING = "limping"  # it may answer in time or not
    DEAD = "dead"  # no answer of it can be used


@dataclass(frozen=True, slots=True)
class Fault:
    """One provider's behaviour. `seconds` is the delay of SLOW and the Retry-After of a status (0: none said), `share` (0..1) FLAKY's."""

    kind: Kind = Kind.OK
    status: int = 200
    seconds: float = 0.0
    share: float = 0.0

    def __str__(self) -> str:
        """As `parsed` reads it."""
        if self.kind is Kind.STATUS:
            usual = RETRY_AFTER_S if self.status == 429 else 0.0
            return str(self.status) if self.seconds == usual else f"{self.status}:{self.seconds!r}"
        amount = {Kind.SLOW: self.seconds, Kind.FLAKY: self.share}.get(self.kind)
        return self.kind.value if amount is None else f"{self.kind.value}:{amount!r}"


OK = Fault()


def parsed(text: str) -> Fault:
    """A fault as it is typed. Raises: BadFault."""
    name, colon, amount = text.strip().lower().partition(":")
    if re.fullmatch(r"[45][0-9]{2}", name):
        status = int(name)
        usual = RETRY_AFTER_S if status == 429 else 0.0
        return Fault(Kind.STATUS, status=status, seconds=_number(text, amount, MAX_SECONDS) if colon else usual)
    if name == Kind.SLOW:
        return Fault(Kind.SLOW, seconds=_number(text, amount, MAX_SECONDS) if colon else SLOW_S)
    if name == Kind.FLAKY:
        return Fault(Kind.FLAKY, share=_number(text, amount, 1.0) if colon else FLAKY_SHARE)
    plain = {kind.value for kind in Kind} - {Kind.STATUS, Kind.SLOW, Kind.FLAKY}
    if name not in plain or colon:
        raise BadFault(f"{text.strip()[:40]!r} is no fault. There are: {FORMS}")
    return Fault(Kind(name))


def _number(text: str, amount: str, most: float) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?", amount) or not 0 <= float(amount) <= most:
        raise BadFault(f"{text.strip()[:40]!r}: say a number from 0 to {most:g} after the colon")
    return float(amount)


def health(fault: Fault, budget_s: float) -> Health:
    """What a search that has so many seconds may expect of a provider with this fault."""
    if fault.kind is Kind.STATUS:  # 404 is how catalogues say that they do not know a book
        return Health.IGNORANT if fault.status == 404 else Health.DEAD
    if fault.kind is Kind.SLOW:
        if fault.seconds <= budget_s * EASY_SHARE:
            return Health.WELL
        return Health.DEAD if fault.seconds > PROVIDER_TIMEOUT_S + 0.5 else Health.LIMPING  # what comes late still fills the cache
    if fault.kind is Kind.FLAKY:
        return {0.0: Health.WELL, 1.0: Health.DEAD}.get(fault.share, Health.LIMPING)
    return {Kind.OK: Health.WELL, Kind.EMPTY: Health.IGNORANT}.get(fault.kind, Health.DEAD)


def healths(faults: Mapping[str, Fault], budget_s: float) -> dict[str, Health]:
    """The same of every provider; who has no fault is well."""
    return {name: health(faults.get(name, OK), budget_s) for name in OPTIONS.values()}
