"""The rules of asking one provider, without a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.circuit import FAILURES, OPEN_MS, PROBE_MS, Circuit, Rate

FREE = Rate.per_second(1000)
T = 1_800_000_000_000.0


def failed(times: int) -> Circuit:
    circuit = Circuit()
    for _ in range(times):
        circuit.record(T, ok=False, probe=False)
    return circuit


def answer(circuit: Circuit, now_ms: float, rate: Rate = FREE, max_wait_ms: float = 0) -> str:
    return circuit.admit(now_ms, rate=rate, max_wait_ms=max_wait_ms).answer


def test_five_failures_in_a_row_open_it_for_a_minute_then_one_probe() -> None:
    assert answer(failed(FAILURES - 1), T) == "go"
    circuit = failed(FAILURES)
    refused = circuit.admit(T + OPEN_MS - 1, rate=FREE, max_wait_ms=1000)
    assert refused.answer == "open"
    assert refused.until == (T + OPEN_MS) / 1000
    probe = circuit.admit(T + OPEN_MS, rate=FREE, max_wait_ms=0)
    assert (probe.answer, probe.probe) == ("go", True)
    assert answer(circuit, T + OPEN_MS + 1) == "open", "a second probe"
    assert answer(circuit, T + OPEN_MS + PROBE_MS) == "go", "the probe was lost, and nobody asks ever again"


def test_the_probe_decides() -> None:
    for ok, then in ((True, "go"), (False, "open")):
        circuit = failed(FAILURES)
        assert circuit.admit(T + OPEN_MS, rate=FREE, max_wait_ms=0).probe
        circuit.record(T + OPEN_MS + 10, ok=ok, probe=True)
        assert answer(circuit, T + OPEN_MS + 11) == then
        assert answer(circuit, T + OPEN_MS + 10 + OPEN_MS) == "go"


def test_a_success_in_between_starts_the_count_anew() -> None:
    circuit = failed(FAILURES - 1)
    circuit.record(T, ok=True, probe=False)
    circuit.record(T, ok=False, probe=False)
    assert answer(circuit, T) == "go"


def test_calls_that_began_before_it_opened_change_nothing() -> None:
    circuit = failed(FAILURES)
    circuit.record(T + 5_000, ok=True, probe=False)
    assert answer(circuit, T + 5_000) == "open"
    circuit.record(T + 5_000, ok=False, probe=False)
    assert answer(circuit, T + OPEN_MS) == "go", "it is open for longer than a minute"


def test_a_retry_is_not_asked_about_the_circuit_but_about_hold_and_rate() -> None:
    circuit, slow = failed(FAILURES), Rate.per_second(1)
    assert circuit.admit(T, rate=slow, max_wait_ms=0, again=True).answer == "go"
    assert circuit.admit(T, rate=slow, max_wait_ms=0, again=True).answer == "full"
    circuit.hold(T + 500)
    assert circuit.admit(T, rate=FREE, max_wait_ms=0, again=True).answer == "held"


def test_a_hold_is_waited_for_when_it_ends_in_time() -> None:
    circuit = Circuit()
    circuit.hold(T + 1_000)
    circuit.hold(T + 500)
    assert circuit.admit(T, rate=FREE, max_wait_ms=999).until == (T + 1_000) / 1000
    assert circuit.admit(T, rate=FREE, max_wait_ms=1_000).wait_s == 1.0


@pytest.mark.parametrize(("rate", "slots", "window_ms"), [(3, 3, 1000), (2.5, 2, 800), (1, 1, 1000), (0.5, 1, 2000), (10_000, 50, 5)])
def test_rates(rate: float, slots: int, window_ms: float) -> None:
    assert Rate.per_second(rate) == Rate(slots, window_ms)


@given(
    rate=st.sampled_from([0.5, 1.0, 2.5, 3.0, 10.0, 400.0]),
    steps=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 2500)), min_size=1, max_size=60),
)
def test_no_window_has_more_calls_than_its_slots(rate: float, steps: list[tuple[int, int]]) -> None:
    circuit, allowed, now, began = Circuit(), Rate.per_second(rate), T, []
    for pause_ms, max_wait_ms in steps:
        now += pause_ms
        admission = circuit.admit(now, rate=allowed, max_wait_ms=max_wait_ms)
        if admission.answer == "go":
            assert admission.wait_s * 1000 <= max_wait_ms + 0.01
            began.append(now + admission.wait_s * 1000)
        else:
            assert admission.until is not None
            assert admission.until * 1000 > now + max_wait_ms - 0.01
    began.sort()
    for first, beyond in zip(began, began[allowed.slots :], strict=False):
        assert beyond - first >= allowed.window_ms - 0.01
