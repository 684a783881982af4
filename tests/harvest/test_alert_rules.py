"""What is wrong from where on: each rule at its limit, inside its margin, and where nothing can be told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.alerting import alert_rules
from harvest.alerting.alert_rules import HarvestRun, Limits, ProviderNow, Seen, Side, Traffic

LIMITS = Limits()
FINE = Traffic(requests=1000, errors=0, lookups=1000, hits=900, latency_s={"/v1/search/isbn": (1000, 0.1, 0.4)})
WELL = Seen(
    traffic=FINE,
    providers=[ProviderNow("isbndb", "closed", 10, 5000), ProviderNow("openlibrary", "closed", 10, None)],
    waiting={"default": 3},
    oldest_s={"default": 2.0},
    dead_letters=0,
    troubles={},
    disk_free=0.6,
    storages={"covers": True},
    schedules={"nightly": ""},
    harvest=HarvestRun(False, 1000, 10),
)


def sides(seen: Seen, rule: str) -> dict[str, Side] | None:
    found = alert_rules.found(seen, LIMITS)[rule]
    return None if found is None else {one.subject: one.side for one in found}


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert all(one.side is Side.GOOD for found in alert_rules.found(WELL, LIMITS).values() for one in found or ())


def test_what_could_not_be_looked_at_says_nothing() -> None:
    assert set(alert_rules.found(Seen(), LIMITS).values()) == {None}


@pytest.mark.parametrize(
    ("rule", "subject", "seen"),
    [
        ("hit_rate", "", replace(WELL, traffic=replace(FINE, hits=499))),
        ("error_rate", "", replace(WELL, traffic=replace(FINE, errors=21))),
        ("latency_p95", "/v1/search/isbn", replace(WELL, traffic=replace(FINE, latency_s={"/v1/search/isbn": (50, 3.1, 3.2)}))),
        ("latency_p99", "/v1/search/isbn", replace(WELL, traffic=replace(FINE, latency_s={"/v1/search/isbn": (50, 0.1, 8.1)}))),
        ("circuit", "isbndb", replace(WELL, providers=[ProviderNow("isbndb", "open", 1, None)])),
        ("budget", "isbndb", replace(WELL, providers=[ProviderNow("isbndb", "closed", 4501, 5000)])),
        ("queue_depth", "low", replace(WELL, waiting={"low": 501})),
        ("queue_age", "low", replace(WELL, oldest_s={"low": 601.0})),
        ("dead_letters", "", replace(WELL, dead_letters=1)),
        ("processes", "photos", replace(WELL, troubles={"photos": "no worker process takes from photos"})),
        ("disk", "", replace(WELL, disk_free=0.099)),
        ("storage", "covers", replace(WELL, storages={"covers": False, "archive": True})),
        ("schedule", "nightly", replace(WELL, schedules={"nightly": "failed, it fell"})),
        ("harvest", "", replace(WELL, harvest=HarvestRun(False, 100, 31))),
        ("harvest", "", replace(WELL, harvest=HarvestRun(True, 0, 0))),
    ],
)
def test_each_rule_finds_its_breach_and_no_other_does(rule: str, subject: str, seen: Seen) -> None:
    found = alert_rules.found(seen, LIMITS)
    breaches = [(one.rule, one.subject) for many in found.values() for one in many or () if one.side is Side.BREACH]
    assert breaches == [(rule, subject)]
    [one] = [one for one in found[rule] or () if one.side is Side.BREACH]
    assert one.message and len(one.message) <= 300
    assert one.value < one.threshold if one.low else one.value > one.threshold


@pytest.mark.parametrize(
    "traffic",
    [
        Traffic(0, 0, 0, 0, {}),
        Traffic(requests=99, errors=99, lookups=199, hits=0, latency_s={"/v1/search/isbn": (49, 60.0, 60.0)}),
    ],
)
def test_little_traffic_is_no_breach(traffic: Traffic) -> None:
    found = alert_rules.found(Seen(traffic=traffic), LIMITS)
    assert [found[name] for name in ("hit_rate", "error_rate", "latency_p95", "latency_p99")] == [[], [], [], []]


def test_a_provider_without_a_budget_has_none_to_use_up() -> None:
    assert sides(replace(WELL, providers=[ProviderNow("openlibrary", "closed", 10**6, None)]), "budget") == {}


def test_a_circuit_that_is_tried_again_is_neither_wrong_nor_over() -> None:
    assert sides(replace(WELL, providers=[ProviderNow("isbndb", "half open", 1, None)]), "circuit") == {"isbndb": Side.NEAR}


@given(st.floats(0, 1), st.floats(0.01, 1))
def test_a_share_that_must_not_be_low_can_always_be_good(share: float, limit: float) -> None:
    one = alert_rules._below("disk", "", share, limit, "x")
    assert one.side is (Side.BREACH if share < limit else one.side)
    assert alert_rules._below("disk", "", 1.0, limit, "x").side is Side.GOOD or limit == 1.0
    assert (one.side is Side.BREACH) == (share < limit)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_sides_are_in_order(a: float, b: float, limit: float) -> None:
    order = [Side.GOOD, Side.NEAR, Side.BREACH]
    low, high = (order.index(alert_rules._above("x", "", value, limit, "x").side) for value in sorted((a, b)))
    assert low <= high
