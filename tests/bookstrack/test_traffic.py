"""Requests are counted by what we named; words of a client's choosing come to one figure, and are not remembered."""

import pytest

from bookstrack import traffic
from bookstrack.lib import telemetry


def figures(route: str) -> dict[str, float]:
    """Of a route: `GET 2xx`, and how many were timed."""
    found: dict[str, float] = {}
    for one in telemetry.samples():
        if one.labels.get("route") == route and one.name == "bookstrack_requests_total":
            found[f"{one.labels['method']} {one.labels['status']}"] = one.value
        elif one.labels.get("route") == route and one.name == "bookstrack_request_seconds_count":
            found["timed"] = one.value
    return found


@pytest.mark.parametrize("tallied", [False, True])
async def test_requests_are_counted_by_route_method_and_status(tallied: bool) -> None:
    route = f"/test/{tallied}"
    if tallied:
        telemetry.begin_tallying()
    for status in (200, 204, 304, 404, 503, 0):
        traffic.count(route, "GET", status, 0.001)
    traffic.count(route, "HEAD", 200, 0.001)
    found = figures(route)
    telemetry.end_tallying()
    assert found == {"GET 2xx": 2, "GET 3xx": 1, "GET 4xx": 1, "GET 5xx": 1, "GET left": 1, "HEAD 2xx": 1, "timed": 6}
    assert figures(route) == found


def test_what_only_left_is_not_timed() -> None:
    traffic.count("/test/left", "GET", 0, 0.0)
    assert figures("/test/left") == {"GET left": 1}


def test_methods_of_a_clients_choosing_are_one_figure() -> None:
    traffic.count("/test/methods", "PROPFIND", 404, 0.001)
    remembered = len(traffic._tallies)
    for number in range(20):
        traffic.count("/test/methods", f"M{number}", 404, 0.001)
    assert figures("/test/methods") == {"other 4xx": 21, "timed": 21}
    assert len(traffic._tallies) == remembered
