"""Support pools in order: whole øre at every step, and nothing goes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.cascade import step_down
from billing.allocation.drivers import idle_units
from billing.allocation.errors import AllocationError
from billing.allocation.sharings import overhead
from tests.billing.allocation.problems import amounts, numbers, quick

POOLS = ["A", "B", "C", "D"]
MEMBERS = ["151", "190", "240"]


def chain(own, order=POOLS):
    """Every pool gives to all later pools and to all members."""
    weights = [
        {receiver: str(place + 1) for place, receiver in enumerate([*order[step + 1 :], *MEMBERS])}
        for step in range(len(order))
    ]
    return {
        pool: {"own_ore": amount, "weights": table} for pool, amount, table in zip(order, own, weights, strict=True)
    }


@quick
@given(st.lists(amounts, min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_nothing_is_lost_on_the_way_to_the_members(own, random):
    pools = chain(own)
    entries = list(pools.items())
    random.shuffle(entries)

    result = step_down(POOLS, dict(entries))

    assert result == step_down(POOLS, pools)
    assert sum(result.member_total_ore().values()) == sum(own)
    for step in result.steps:
        assert sum(step.split.amounts.values()) == result.pool_total_ore()[step.name]


def test_what_a_pool_received_is_known_by_its_giver():
    result = step_down(["A", "B", "C"], chain([100, 10, 1], order=["A", "B", "C"]))

    assert result.steps[2].received_ore == {"C": {"A": 13, "B": 2}}
    assert result.pool_total_ore() == {"A": 100, "B": 17, "C": 16}


def test_a_pool_that_ends_at_zero_reads_nothing_but_names_its_receivers():
    pools = {
        "A": {"own_ore": -50, "weights": {"B": "1"}},
        "B": {"own_ore": 50, "weights": {"151": None, "240": "rubbish"}},
    }

    result = step_down(["A", "B"], pools)

    assert result.pool_total_ore() == {"A": -50, "B": 0}
    assert result.member_total_ore() == {"151": 0, "240": 0}


def test_pool_codes_take_part_in_the_tie_rule_as_texts():
    pools = {"A": {"own_ore": 1, "weights": {"B": "1", "999": "1"}}, "B": {"own_ore": 0, "weights": {"151": "1"}}}

    assert step_down(["A", "B"], pools).allocated_ore()["A"] == {"999": 1, "B": 0}


REFUSALS = [
    ("CYCLE", ["A", "B"], {"A": {"B": "1"}, "B": {"A": "1", "151": "1"}}),
    ("CYCLE", ["A", "B"], {"A": {"A": "1", "151": "1"}, "B": {"151": "1"}}),
    ("BAD_KEY", ["A"], {"A": {"151": "1"}, "B": {"151": "1"}}),
    ("BAD_KEY", ["A", "B"], {"A": {"151": "1"}}),
    ("BAD_KEY", ["A"], {"A": {"NETWRK": "1"}}),
    ("BAD_KEY", "A", {"A": {"151": "1"}}),
    ("BAD_KEY", [["A"]], {"A": {"151": "1"}}),
    ("DUPLICATE", ["A", "A"], {"A": {"151": "1"}}),
    ("EMPTY", ["A"], {"A": {}}),
    ("ZERO_DRIVER", ["A"], {"A": {"151": "0"}}),
    ("MISSING_DRIVER", ["A"], {"A": {"151": None}}),
]


@pytest.mark.parametrize(("code", "order", "weights"), REFUSALS)
def test_a_wrong_order_or_receiver_is_refused(code, order, weights):
    with pytest.raises(AllocationError) as refused:
        step_down(order, {pool: {"own_ore": 100, "weights": table} for pool, table in weights.items()})

    assert refused.value.code == code


def test_a_refusal_names_the_pool():
    pools = {"A": {"own_ore": 1, "weights": {"B": "1"}}, "B": {"own_ore": 0, "weights": {"151": "1", "190": None}}}

    with pytest.raises(AllocationError) as refused:
        step_down(["A", "B"], pools)

    assert refused.value.where == {"pool": "B", "member": "190"}


def test_own_amounts_are_whole_and_can_be_stored_together():
    for own in (1.0, None, "1"):
        with pytest.raises(AllocationError) as refused:
            step_down(["A"], {"A": {"own_ore": own, "weights": {"151": "1"}}})
        assert refused.value.code == "NOT_INTEGER"

    nearly = 2**63 - 1
    pools = {"A": {"own_ore": nearly, "weights": {"B": "1"}}, "B": {"own_ore": 1, "weights": {"151": "1"}}}
    with pytest.raises(AllocationError) as refused:
        step_down(["A", "B"], pools)
    assert (refused.value.code, refused.value.reason) == ("NOT_INTEGER", "range")


@quick
@given(amounts, st.dictionaries(st.sampled_from(MEMBERS), st.integers(0, 10**10), min_size=1))
def test_overhead_adds_up(total, basis):
    if not total or any(basis.values()):
        assert sum(overhead(total, basis).amounts.values()) == total


@pytest.mark.parametrize(
    ("total", "basis", "code"),
    [
        (5, {"151": 10, "190": -1}, "NEGATIVE_BASIS"),
        (5, {"151": 0, "190": 0}, "ZERO_DRIVER"),
        (5, {}, "EMPTY"),
        (5, {"151": "10"}, "NOT_INTEGER"),
        (5, {"151": None}, "NOT_INTEGER"),
        (0.5, {"151": 10}, "NOT_INTEGER"),
        (5, [10], "BAD_KEY"),
    ],
)
def test_overhead_on_a_basis_that_cannot_carry_it_is_refused(total, basis, code):
    with pytest.raises(AllocationError) as refused:
        overhead(total, basis)

    assert refused.value.code == code


def test_no_overhead_reads_no_basis():
    assert overhead(0, {"190": -1, "151": "rubbish"}).amounts == {"151": 0, "190": 0}


@quick
@given(st.dictionaries(st.sampled_from(MEMBERS), numbers))
def test_idle_units_are_those_that_nobody_used(used):
    total = sum((idle_units("10000000", {member: units}) for member, units in used.items()), start=0)

    assert idle_units("10000000", used) == total - 10000000 * (len(used) - 1)


def test_more_used_than_there_is_is_refused():
    with pytest.raises(AllocationError) as refused:
        idle_units("100", {"151": "60", "190": "40.5"})

    assert refused.value.code == "NEGATIVE_DRIVER"
