"""Pools that give in any direction, calculated together: against the textbook, step-down and an independent way."""

from fractions import Fraction

import pytest

from billing.allocation import runs
from billing.allocation.errors import AllocationError
from billing.allocation.mutual import together

EQUALLY = {"151": "1", "190": "1"}


def plan(own, gives, *, weights=None, on_cost=None):
    """`own` øre per pool in order; `gives` percents per giver."""
    pools = {}
    for pool in own:
        terms = (
            {"on_cost_of": on_cost[pool]}
            if pool in (on_cost or {})
            else {"weights": (weights or {}).get(pool, EQUALLY)}
        )
        if pool in gives:
            left = 100 - sum(gives[pool].values())
            units = {receiver: str(part) for receiver, part in gives[pool].items()}
            terms["gives"] = {"capacity": "100", "own": str(left), "units": units}
        pools[pool] = terms
    lines = [{"id": pool, "amount_ore": ore, "pool": pool} for pool, ore in own.items()]
    return runs.read_plan({"lines": lines, "order": list(own), "pools": pools})


def carried(plan):
    return runs.run(plan).cascade.member_total_ore()


def test_two_pools_that_serve_each_other_share_what_the_equations_say():
    # a = 1000 + b/5 and b = 500 + a/4 give a = 1100/0.95 and b = 500 + a/4; a's 75 % go to 151, b's 80 % to 190.
    weights = {"a": {"151": "1"}, "b": {"190": "1"}}
    shared = carried(together(plan({"a": 1_000, "b": 500}, {"a": {"b": 25}, "b": {"a": 20}}, weights=weights)))

    gross_a = Fraction(1_100) / Fraction(95, 100)
    assert shared == {"151": round(gross_a * Fraction(3, 4)), "190": 1_500 - round(gross_a * Fraction(3, 4))}
    assert shared == {"151": 868, "190": 632}


def test_sending_the_money_round_until_nothing_is_left_ends_at_the_same_amounts():
    own = {"a": 100_003, "b": 70_001, "c": 40_009, "d": 900}
    gives = {"a": {"b": 30, "c": 10}, "b": {"c": 50}, "c": {"a": 45}, "d": {"a": 5}}
    weights = {"a": {"151": "1"}, "b": {"190": "2", "240": "1"}, "c": {"240": "1"}, "d": {"151": "1", "240": "3"}}
    pots, members = {pool: Fraction(ore) for pool, ore in own.items()}, {"151": 0, "190": 0, "240": 0}
    for _round in range(60):
        pots_after = dict.fromkeys(pots, Fraction(0))
        for pool, ore in pots.items():
            for receiver, part in gives[pool].items():
                pots_after[receiver] += ore * part / 100
            kept = ore * (100 - sum(gives[pool].values())) / 100
            whole = sum(map(int, weights[pool].values()))
            for member, weight in weights[pool].items():
                members[member] += kept * int(weight) / whole
        pots = pots_after

    shared = carried(together(plan(own, gives, weights=weights)))

    assert sum(shared.values()) == sum(own.values())
    assert all(abs(shared[member] - exact) < 2 for member, exact in members.items())  # two roundings: d, and the ring


def test_without_giving_back_both_ways_agree_to_the_oere_and_the_order_stays():
    one_way = plan({"a": 1_001, "b": 503, "c": 77}, {"a": {"b": 25, "c": 5}, "b": {"c": 33}})

    assert together(one_way).order == one_way.order
    assert carried(together(one_way)) == carried(one_way)


def test_who_only_gives_to_an_earlier_pool_is_calculated_before_it():
    backwards = plan({"a": 1_000, "b": 500}, {"b": {"a": 100}}, weights={"a": {"151": "1"}, "b": {"190": "1"}})

    assert together(backwards).order == ("b", "a")
    assert carried(together(backwards)) == {"151": 1_500}
    with pytest.raises(AllocationError) as refused:
        carried(backwards)
    assert refused.value.code == "CYCLE"


def test_neighbours_in_a_ring_need_not_be_neighbours_in_the_order():
    apart = plan({"a": 1_000, "b": 200, "c": 500}, {"a": {"c": 25}, "c": {"a": 20}})

    assert together(apart).order == ("a", "c", "b")
    assert carried(together(apart)) == {"151": 850, "190": 850}


def test_overhead_builds_on_the_whole_ring_and_comes_after_it():
    weights = {"a": {"151": "1"}, "b": {"190": "1"}}
    shared = carried(
        together(
            plan(
                {"a": 1_000, "h": 1_500, "b": 500}, {"a": {"b": 25}, "b": {"a": 20}},
                weights=weights, on_cost={"h": ["direct", "a"]},
            )
        )
    )  # fmt: skip

    assert shared == {"151": 868 + 868, "190": 632 + 632}


@pytest.mark.parametrize(
    ("own", "gives", "on_cost", "code"),
    [
        ({"a": 10, "b": 10}, {"a": {"b": 100}, "b": {"a": 100}}, {}, "NO_EXIT"),
        ({"a": -10, "b": 100}, {"a": {"b": 10}, "b": {"a": 10}}, {}, "NEGATIVE_BASIS"),
        ({"a": 10, "h": 10}, {"h": {"a": 10}}, {"h": ["a"]}, "CYCLE"),
        ({"a": 10, "h": 10, "x": 10}, {"h": {"x": 10}, "x": {"a": 10}}, {"h": ["a"]}, "CYCLE"),
    ],
)
def test_what_cannot_be_calculated_together_is_refused(own, gives, on_cost, code):
    with pytest.raises(AllocationError) as refused:
        carried(together(plan(own, gives, on_cost=on_cost)))
    assert refused.value.code == code


def test_overhead_that_builds_on_direct_lines_alone_may_take_part_in_a_ring():
    ring = plan({"a": 1_000, "h": 500}, {"a": {"h": 25}, "h": {"a": 20}}, on_cost={"h": ["direct"]})
    lines = (
        *ring.lines,
        *runs.read_plan({"lines": [{"id": "d", "amount_ore": 50, "direct": "190"}], "order": [], "pools": {}}).lines,
    )

    shared = carried(together(runs.Plan(lines, ring.order, ring.sharings)))

    kept_of_a = Fraction(1_100) / Fraction(95, 100) * Fraction(3, 4)  # shared equally; the overhead follows 190's line
    assert shared == {"151": round(kept_of_a / 2), "190": 1_550 - round(kept_of_a / 2)}
