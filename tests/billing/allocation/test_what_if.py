from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.runs import read_plan, run
from billing.allocation.what_if import (
    with_key,
    with_members,
    with_other_plans,
    with_other_weights,
    with_weights,
)
from tests.billing.allocation.problems import amounts, quick

members = st.sampled_from(["151", "190", "201", "240"])
weights = st.dictionaries(members, st.integers(1, 900).map(str), min_size=1)
ALWAYS = [{"from": "2014-01-01", "to": None}]


@quick
@given(st.lists(st.tuples(amounts, weights, st.none() | weights)))
def test_differences_add_up_to_zero(cases):
    pools = [{"total_ore": total, "weights": now} for total, now, _ in cases]

    result = with_other_weights(pools, [other for _, _, other in cases])

    assert sum(result.difference_ore.values()) == 0
    assert sum(result.now_ore.values()) == sum(result.alternative_ore.values()) == sum(total for total, _, _ in cases)


def test_members_of_either_side_are_shown():
    result = with_other_weights([{"total_ore": 10, "weights": {"151": "1"}}], [{"201": "1"}])

    assert result.now_ore == {"151": 10, "201": 0}
    assert result.difference_ore == {"151": -10, "201": 10}


@pytest.mark.parametrize(
    ("code", "pools", "alternative"),
    [
        ("BAD_COUNT", [{"total_ore": 1, "weights": {"151": "1"}}], []),
        ("BAD_COUNT", [], [None]),
        ("BAD_KEY", {"total_ore": 1}, []),
        ("BAD_KEY", [5], [None]),
        ("NOT_INTEGER", [{"weights": {"151": "1"}}], [None]),
        ("ZERO_DRIVER", [{"total_ore": 1, "weights": {"151": "1"}}], [{"151": "0"}]),
    ],
)
def test_a_simulation_of_nonsense_is_refused(code, pools, alternative):
    with pytest.raises(AllocationError) as refused:
        with_other_weights(pools, alternative)

    assert refused.value.code == code


def month(number, **drivers):
    first, end = f"2026-{number:02}-01", f"2026-{number + 1:02}-01"
    keyed = {
        "participation": dict.fromkeys(("151", "190", "DESK"), ALWAYS),
        "key_versions": [{"from": "2014-01-01", "to": None, "key": {"type": "equal"}}],
    }
    values = {"151": "3", "190": "1", "201": "4", "DESK": "0", **drivers}
    return read_plan(
        {
            "period": {"from": first, "to": end},
            "order": ["NETWORK", "DESK", "OVERHEAD"],
            "pools": {
                "NETWORK": keyed,
                "DESK": {"weights": {"151": "1", "190": "1"}},
                "OVERHEAD": {"on_cost_of": ["NETWORK", "DESK"]},
            },
            "drivers": {"devices": {"nature": "stock", "values": values}},
            "lines": [
                {"id": "1", "amount_ore": 1200, "pool": "NETWORK"},
                {"id": "2", "amount_ore": 300, "pool": "OVERHEAD"},
            ],
        }
    )


BY_DEVICES = {"type": "driver", "driver": "devices"}


def test_another_key_runs_through_support_pools_and_overhead_of_a_year():
    now = [month(number) for number in range(1, 12)]

    result = with_other_plans(now, [with_key(plan, "NETWORK", BY_DEVICES) for plan in now])

    assert result.now_ore == {"151": 750 * 11, "190": 750 * 11}
    assert result.difference_ore == {"151": 375 * 11, "190": -375 * 11}


def test_the_plan_itself_stays_as_it_was():
    plan = month(4)
    before = run(plan).cascade

    with_key(plan, "NETWORK", BY_DEVICES)
    with_members(plan, "NETWORK", ["201"])

    assert run(plan).cascade == before


def test_a_member_joins_in_a_simulation():
    plan = month(4)

    joined = with_members(with_key(plan, "NETWORK", BY_DEVICES), "NETWORK", ["201"])

    assert run(joined).cascade.allocated_ore()["NETWORK"] == {"151": 450, "190": 150, "201": 600, "DESK": 0}


def test_a_member_that_takes_part_later_in_the_month_may_join_earlier():
    plan = month(4)
    later = with_members(plan, "NETWORK", ["201"])

    assert run(with_members(later, "NETWORK", ["201"])).cascade == run(later).cascade


def test_other_weights_and_bounds_can_be_tried():
    plan = month(4)
    bounded = {"type": "bounded", "key": BY_DEVICES, "cap": {"151": "0.5"}}

    assert run(with_weights(plan, "DESK", {"151": "3", "190": "1"})).cascade.member_total_ore() == {
        "151": 875,
        "190": 625,
    }
    shares = run(with_key(plan, "NETWORK", bounded)).cascade.steps[0].split.shares
    assert shares.fractions() == {"151": Fraction(1, 2), "190": Fraction(1, 2), "DESK": 0}


@pytest.mark.parametrize(("pool", "key"), [("STORAGE", BY_DEVICES), ("OVERHEAD", BY_DEVICES)])
def test_a_pool_without_a_key_of_its_own_cannot_get_another(pool, key):
    with pytest.raises(AllocationError) as refused:
        with_key(month(4), pool, key)

    assert refused.value.code == "BAD_KEY"


@quick
@given(st.dictionaries(st.sampled_from(["151", "190"]), st.integers(1, 9).map(str), min_size=2))
def test_differences_of_whole_plans_add_up_to_zero(weights):
    plan = month(4)

    assert sum(with_other_plans([plan], [with_weights(plan, "DESK", weights)]).difference_ore.values()) == 0
