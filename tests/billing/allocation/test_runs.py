"""A whole period: direct lines, pools by order, overhead, and the sums that an approval needs."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.runs import read_plan, run
from tests.billing.allocation.problems import PERIOD, amounts, quick

ALWAYS = [{"from": "2014-01-01", "to": None}]
POOLS = {
    "PREMISES": {"weights": {"DESK": "3", "NETWORK": "2"}},
    "DESK": {"weights": {"151": "400", "190": "250", "240": "300"}},
    "NETWORK": {"weights": {"151": "1", "190": "1", "240": "1"}},
    "OVERHEAD": {"on_cost_of": ["direct", "DESK", "NETWORK"]},
}
PLAN = {
    "order": list(POOLS),
    "pools": POOLS,
    "lines": [
        {"id": "1", "amount_ore": 100, "pool": "PREMISES"},
        {"id": "2", "amount_ore": 900, "pool": "DESK"},
        {"id": "3", "amount_ore": -10, "direct": "190"},
        {"id": "4", "amount_ore": 99, "pool": "OVERHEAD"},
    ],
}


def plan(**changes):
    return {**copy.deepcopy(PLAN), **changes}


def with_pool(code, terms):
    return plan(pools={**POOLS, code: terms})


def with_line(**line):
    return plan(lines=[*PLAN["lines"], {"id": "9", "amount_ore": 5, **line}])


lines = st.lists(
    st.builds(
        lambda number, amount, target: {"id": str(number), "amount_ore": amount, **target},
        st.integers(1, 10**6),
        amounts,
        st.sampled_from([{"pool": "PREMISES"}, {"pool": "DESK"}, {"pool": "NETWORK"}, {"direct": "151"}, {}]),
    ),
    unique_by=lambda line: line["id"],
)


@quick
@given(lines, st.randoms(use_true_random=False))
def test_posted_is_allocated_and_unallocated_whatever_the_order_of_the_lines(lines, random):
    result = run(read_plan(plan(lines=lines)))
    again = list(lines) * 2
    random.shuffle(again)

    assert result.control.ledger_ore == sum(line["amount_ore"] for line in lines)
    assert result.control.balances
    assert result.control.unallocated_ore == sum(line["amount_ore"] for line in lines if len(line) == 2)
    assert result.may_be_approved == all(len(line) == 3 for line in lines)
    repeated = run(read_plan(plan(lines=again)))
    assert (repeated.cascade, repeated.control) == (result.cascade, result.control)


def test_a_plan_gives_the_same_result_every_time():
    assert run(read_plan(plan())).cascade == run(read_plan(plan())).cascade


def test_overhead_is_shared_by_what_members_carry_with_support_and_direct_lines():
    result = run(read_plan(plan()))

    assert result.cascade.allocated_ore() == {
        "direct": {"190": -10},
        "PREMISES": {"DESK": 60, "NETWORK": 40},
        "DESK": {"151": 404, "190": 253, "240": 303},
        "NETWORK": {"151": 14, "190": 13, "240": 13},
        "OVERHEAD": {"151": 42, "190": 26, "240": 31},
    }
    assert result.cascade.member_total_ore() == {"151": 460, "190": 282, "240": 347}
    assert result.may_be_approved


def test_two_unassigned_lines_that_cancel_out_still_stop_the_approval():
    result = run(read_plan(plan(lines=[{"id": "a", "amount_ore": 7}, {"id": "b", "amount_ore": -7, "pool": None}])))

    assert result.control.unallocated_ore == 0
    assert [line.id for line in result.unassigned] == ["a", "b"]
    assert not result.may_be_approved


def test_an_empty_period_has_nothing_against_approval():
    result = run(read_plan({}))

    assert result.cascade.allocated_ore() == {"direct": {}}
    assert result.may_be_approved


def test_pools_may_be_shared_by_their_key_versions():
    keyed = {
        "participation": {"151": ALWAYS, "190": ALWAYS, "NETWORK": ALWAYS},
        "key_versions": [{"from": "2014-01-01", "to": None, "key": {"type": "driver", "driver": "metres"}}],
    }
    drivers = {"metres": {"nature": "stock", "values": {"151": "1", "190": "2", "NETWORK": "1"}}}

    result = run(read_plan({**with_pool("DESK", keyed), "period": PERIOD, "drivers": drivers}))

    assert result.cascade.allocated_ore()["DESK"] == {"151": 240, "190": 480, "NETWORK": 240}
    assert result.cascade.allocated_ore()["NETWORK"] == {"151": 94, "190": 93, "240": 93}


def test_overhead_may_build_on_mutual_pools_and_takes_them_together():
    pools = {
        "DESK": {"weights": {"NETWORK": "1", "151": "1"}, "is_mutual": True},
        "NETWORK": {"weights": {"DESK": "1", "190": "1"}, "is_mutual": True},
        "OVERHEAD": {"on_cost_of": ["NETWORK", "DESK"]},
    }
    posted = [{"id": "1", "amount_ore": 300, "pool": "DESK"}, {"id": "2", "amount_ore": 30, "pool": "OVERHEAD"}]

    result = run(read_plan({"order": list(pools), "pools": pools, "lines": posted}))

    assert result.cascade.allocated_ore() == {
        "direct": {},
        "DESK+NETWORK": {"151": 200, "190": 100},
        "OVERHEAD": {"151": 20, "190": 10},
    }


def test_mutual_pools_may_give_to_later_pools_but_not_to_earlier_ones():
    ring = {
        "DESK": {"weights": {"NETWORK": "1", "STORAGE": "1"}, "is_mutual": True},
        "NETWORK": {"weights": {"DESK": "1", "190": "1"}, "is_mutual": True},
    }
    storage = {"STORAGE": {"weights": {"151": "1"}}}
    posted = [{"id": "1", "amount_ore": 300, "pool": "DESK"}]

    later = run(read_plan({"order": ["DESK", "NETWORK", "STORAGE"], "pools": ring | storage, "lines": posted}))
    assert later.cascade.member_total_ore() == {"151": 200, "190": 100}

    with pytest.raises(AllocationError) as refused:
        run(read_plan({"order": ["STORAGE", "DESK", "NETWORK"], "pools": ring | storage, "lines": posted}))
    assert refused.value.code == "CYCLE"


REFUSALS = [
    ("NOT_INTEGER", with_line(amount_ore=5.0)),
    ("NOT_INTEGER", with_line(amount_ore=True)),
    ("NOT_INTEGER", plan(lines=[{"id": "1"}])),
    ("NOT_INTEGER", plan(lines=[{"id": str(number), "amount_ore": 2**62, "direct": "151"} for number in range(2)])),
    ("DUPLICATE", with_line(id="2", amount_ore=901, pool="DESK")),
    ("DUPLICATE", with_line(id="2", amount_ore=900, pool="NETWORK")),
    ("BAD_KEY", with_line(pool="STORAGE")),
    ("BAD_KEY", with_line(pool="DESK", direct="151")),
    ("BAD_KEY", with_line(pool=["DESK"])),
    ("BAD_KEY", with_line(direct="DESK")),
    ("BAD_KEY", with_line(direct=151)),
    ("BAD_KEY", with_line(id=None)),
    ("BAD_KEY", plan(lines="none")),
    ("BAD_KEY", plan(lines=[1])),
    ("BAD_KEY", plan(order=["DESK"])),
    ("BAD_KEY", plan(order=[*POOLS, "STORAGE"])),
    ("DUPLICATE", plan(order=[*POOLS, "DESK"])),
    ("BAD_KEY", plan(pools=["DESK"])),
    ("BAD_KEY", with_pool("DESK", {})),
    ("BAD_KEY", with_pool("DESK", {"weights": {"151": "1"}, "on_cost_of": ["direct"]})),
    ("BAD_KEY", with_pool("DESK", {"weights": ["151"]})),
    ("BAD_KEY", with_pool("OVERHEAD", {"on_cost_of": ["STORAGE"]})),
    ("BAD_KEY", with_pool("OVERHEAD", {"on_cost_of": "direct"})),
    ("CYCLE", with_pool("OVERHEAD", {"on_cost_of": ["direct", "OVERHEAD"]})),
    ("CYCLE", with_pool("DESK", {"on_cost_of": ["NETWORK"]})),
    ("DUPLICATE", with_pool("OVERHEAD", {"on_cost_of": ["DESK", "DESK"]})),
    ("NEGATIVE_BASIS", with_pool("OVERHEAD", {"on_cost_of": ["direct"]})),
    ("EMPTY", with_pool("OVERHEAD", {"on_cost_of": ["PREMISES"]})),
    ("EMPTY", with_pool("OVERHEAD", {"on_cost_of": []})),
    ("BAD_DATE", with_pool("DESK", {"participation": {}, "key_versions": []})),
    ("GAP", {**with_pool("DESK", {"participation": {}, "key_versions": []}), "period": PERIOD}),
    ("BAD_KEY", plan(order=["direct"], pools={"direct": {"weights": {"151": "1"}}}, lines=[])),
    (
        "BAD_KEY",
        plan(
            order=["A", "B", "A+B"],
            pools={code: {"weights": {"151": "1"}, "is_mutual": code != "A+B"} for code in ("A", "B", "A+B")},
            lines=[],
        ),
    ),
]


@pytest.mark.parametrize(("code", "plan"), REFUSALS)
def test_a_plan_that_cannot_be_run_is_refused(code, plan):
    with pytest.raises(AllocationError) as refused:
        run(read_plan(plan))

    assert refused.value.code == code
