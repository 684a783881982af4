"""The figures of a drill, and when it is not passed."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.drill.faults import parsed
from harvest.drill.load import Ask, Group, Kind
from harvest.drill.report import Recovery, Report, as_text, latency
from harvest.drill.verdicts import Outcome, Verdict

ASK = Ask(Kind.ISBN, 4711, Group.COLD)
GOOD = Verdict(ASK, Outcome.ANSWERED, 0.1, 200)


def report(*during: Verdict, recovery: Recovery | None = None, bar: float = 0.99) -> Report:
    return Report(
        seed=7, bar=bar, faults={"openlibrary": parsed("slow:5"), "isbndb": parsed("ok")}, before=[GOOD], during=during,
        recovery=recovery or Recovery(1.5, [GOOD]), opened={"openlibrary"}, calls={"openlibrary": 3}, tracebacks=0, took_s=9.0,
    )  # fmt: skip


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=40))
def test_refusals_that_are_right_are_counted_apart(outcomes: list[Outcome]) -> None:
    made = report(*(replace(GOOD, outcome=outcome) for outcome in outcomes))
    due = [outcome for outcome in outcomes if outcome is not Outcome.REFUSED]
    assert made.availability == (sum(outcome is Outcome.ANSWERED for outcome in due) / len(due) if due else 1.0)
    assert sum(made.as_dict()["outcomes"].values()) == len(outcomes)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_percentiles_are_times_that_were_measured(times: list[float]) -> None:
    found = latency(times)
    assert set(found.values()) <= {round(time, 4) for time in times}
    assert found["p50"] <= found["p95"] <= found["p99"] <= found["max"] == round(max(times), 4)
    assert sum(round(time, 4) <= found["p95"] for time in times) >= 0.95 * len(times)


def test_a_drill_without_a_shortcoming_is_passed() -> None:
    told = report(*[GOOD] * 99, replace(GOOD, outcome=Outcome.LATE)).as_dict()
    assert told["passed"] and told["availability"] == 0.99 and told["faults"] == {"openlibrary": "slow:5.0"}


@pytest.mark.parametrize(
    "made",
    [
        report(*[GOOD] * 98, *[replace(GOOD, outcome=Outcome.UNAVAILABLE)] * 2),
        report(*[GOOD] * 1000, replace(GOOD, wrong="another book's title")),
        report(GOOD, recovery=Recovery(None, [])),
        report(GOOD, recovery=Recovery(0.1, [replace(GOOD, degraded=("openlibrary",))])),
        report(GOOD, recovery=Recovery(0.1, [replace(GOOD, wrong="nothing found")])),
        replace(report(GOOD), before=[replace(GOOD, outcome=Outcome.UNAVAILABLE)]),
    ],
)
def test_a_broken_service_does_not_pass(made: Report) -> None:
    told = made.as_dict()
    assert not told["passed"] and told["shortcomings"]
    assert "NOT passed" in as_text(told)


def test_the_report_can_be_read() -> None:
    told = report(GOOD, replace(GOOD, stale=True, cached=True), replace(GOOD, degraded=("openlibrary",))).as_dict()
    assert orjson.loads(orjson.dumps(told)) == told
    shown = as_text(told)
    for words in ("openlibrary slow:5.0", "100.00%", "0 fresh, 1 stale", "called failed: openlibrary 1", "after 1.5 s", "passed"):
        assert words in shown
