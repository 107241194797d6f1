"""Pools that give: percents or units of a capacity, idle capacity with its own pool, the rest by the pool's own key."""

from fractions import Fraction

import pytest

from billing.allocation.errors import AllocationError
from billing.allocation.runs import read_plan, run
from billing.allocation.trace import trace_step


def plan(gives, *, order=("DATA", "SYSTEMS", "IDLE"), own=1_000_00, weights=None, **pools):
    of_members = {"151": "48", "190": "38", "240": "42"}
    return {
        "order": list(order),
        "lines": [{"id": "1", "amount_ore": own, "pool": "DATA"}, {"id": "2", "amount_ore": 50_01, "pool": "SYSTEMS"}],
        "pools": {
            "DATA": {"weights": weights or of_members, "gives": gives},
            "SYSTEMS": {"weights": {"151": "1", "190": "1"}},
            "IDLE": {"weights": {"151": "3", "190": "2", "240": "2"}},
        } | pools,
    }  # fmt: skip


def steps(result):
    return {step.name: step for step in result.cascade.steps}


def test_a_part_goes_to_another_pool_and_the_rest_by_the_own_key():
    result = run(read_plan(plan({"capacity": "100", "own": "70", "units": {"SYSTEMS": "30"}})))

    data = steps(result)["DATA"]
    assert data.split.amounts["SYSTEMS"] == 30_000
    assert data.split.shares.fractions() == {
        "SYSTEMS": Fraction(3, 10), "151": Fraction(7, 10) * Fraction(48, 128),
        "190": Fraction(7, 10) * Fraction(38, 128), "240": Fraction(7, 10) * Fraction(42, 128),
    }  # fmt: skip
    assert steps(result)["SYSTEMS"].total_ore("SYSTEMS") == 30_000 + 5_001
    assert result.control.balances
    assert result.control.allocated_ore == 105_001


def test_what_nobody_uses_of_a_capacity_goes_to_the_pool_that_carries_it():
    result = run(read_plan(plan({"capacity": "400", "own": "180", "units": {"SYSTEMS": "120"}, "idle": "IDLE"})))

    idle = steps(result)["IDLE"]
    assert idle.received_ore == {"IDLE": {"DATA": 25_000}}
    assert dict(idle.split.amounts) == {"151": 10_714, "190": 7_143, "240": 7_143}
    assert result.control.balances


def test_a_pool_that_gives_everything_reads_no_key():
    result = run(read_plan(plan({"capacity": "100", "own": "0", "units": {"SYSTEMS": "100"}}, weights={"151": None})))

    assert dict(steps(result)["DATA"].split.amounts) == {"SYSTEMS": 100_000}


def test_the_trace_of_a_receiving_pool_names_its_giver():
    read = read_plan(plan({"capacity": "3", "own": "2", "units": {"SYSTEMS": "1"}}))
    step = steps(run(read))["SYSTEMS"]

    traced = trace_step(step, read.lines, "151")

    assert [(line.id, line.amount_ore, line.is_received) for line in traced.lines] == [
        ("2", 5_001, False), ("DATA", 33_333, True),
    ]  # fmt: skip
    assert sum(line.exact_ore for line in traced.lines) + traced.rounding_ore == traced.amount_ore


@pytest.mark.parametrize(
    ("gives", "order", "code", "reason", "found"),
    [
        ({"capacity": "100", "own": "80", "units": {"SYSTEMS": "30"}}, None, "NEGATIVE_DRIVER", "capacity", "100"),
        ({"capacity": "400", "own": "180", "units": {"SYSTEMS": "120"}}, None, "BAD_KEY", "idle", "100"),
        ({"capacity": "100", "own": "70", "units": {"DATA": "30"}}, None, "CYCLE", "", "DATA"),
        ({"capacity": "100", "own": "70", "units": {"SYSTEMS": "30"}}, ("SYSTEMS", "DATA", "IDLE"), "CYCLE", "",
         "SYSTEMS"),
        ({"capacity": "100", "own": "70", "units": {"NOBODY": "30"}}, None, "BAD_KEY", "receiver", "NOBODY"),
        ({"capacity": "100", "own": "70", "units": {"SYSTEMS": "-1"}}, None, "NEGATIVE_DRIVER", "", "-1"),
        ({"capacity": "0", "own": "0", "units": {}}, None, "EMPTY", "", ""),
        ({"own": "70", "units": {"SYSTEMS": "30"}}, None, "MISSING_DRIVER", "", ""),
    ],
)  # fmt: skip
def test_what_could_never_be_shared_is_refused_with_the_pool(gives, order, code, reason, found):
    with pytest.raises(AllocationError) as refused:
        run(read_plan(plan(gives, order=order or ("DATA", "SYSTEMS", "IDLE"))))

    assert (refused.value.code, refused.value.reason, str(refused.value.found)) == (code, reason, found)
    assert refused.value.where["pool"] == "DATA"


def test_a_cycle_is_told_with_the_names_of_both_pools():
    with pytest.raises(AllocationError) as refused:
        run(
            read_plan(plan({"capacity": "1", "own": "0", "units": {"SYSTEMS": "1"}}, order=("SYSTEMS", "DATA", "IDLE")))
        )

    sentence = refused.value.sentence({"pool": {"DATA": "Data centre", "SYSTEMS": "Systems"}})
    assert "Data centre" in sentence
    assert "»Systems«" in sentence
