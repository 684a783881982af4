"""Faults as they are typed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.drill.faults import OPTIONS, BadFault, Fault, Health, Kind, health, healths, parsed

amounts = st.floats(0, 1).map(lambda share: round(share, 6))
faults = st.one_of(
    st.sampled_from([kind for kind in Kind if kind not in (Kind.STATUS, Kind.SLOW, Kind.FLAKY)]).map(Fault),
    st.builds(Fault, st.just(Kind.STATUS), st.integers(400, 599), seconds=amounts.map(lambda share: share * 60)),
    st.builds(Fault, st.just(Kind.SLOW), seconds=amounts.map(lambda share: share * 60)),
    st.builds(Fault, st.just(Kind.FLAKY), share=amounts),
)


@given(faults)
def test_every_fault_is_read_as_it_is_written(fault: Fault) -> None:
    assert parsed(str(fault)) == fault


@given(st.text(max_size=30))
def test_any_text_is_a_fault_or_none(text: str) -> None:
    with suppress(BadFault):
        fault = parsed(text)
        assert parsed(str(fault)) == fault


NO_FAULTS = ["", "399", "600", "slow:", "flaky:", "slow:-1", "slow:61", "slow:nan", "flaky:1.1", "ok:1", "down:", "4290", "٤٢٩"]


@pytest.mark.parametrize("text", NO_FAULTS)
def test_what_is_no_fault(text: str) -> None:
    with pytest.raises(BadFault, match=r"There are|say a number"):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ok", Health.WELL), ("slow", Health.LIMPING),
        ("slow:1", Health.WELL), ("slow:2.4", Health.LIMPING), ("slow:4", Health.LIMPING), ("slow:10", Health.DEAD),
        ("404", Health.IGNORANT), ("empty", Health.IGNORANT), ("429", Health.DEAD), ("403", Health.DEAD), ("503", Health.DEAD),
        ("garbage", Health.DEAD), ("hang", Health.DEAD), ("down", Health.DEAD), ("cut", Health.DEAD),
        ("flaky:0", Health.WELL), ("flaky:0.3", Health.LIMPING), ("flaky:1", Health.DEAD),
    ],
)  # fmt: skip
def test_what_may_be_expected_of_a_provider(text: str, expected: Health) -> None:
    assert health(parsed(text), 2.5) is expected


def test_who_has_no_fault_is_well() -> None:
    found = healths({"openlibrary": parsed("down")}, 2.5)
    assert found == {name: Health.DEAD if name == "openlibrary" else Health.WELL for name in OPTIONS.values()}
