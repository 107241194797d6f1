"""A pool over a period, against the day-by-day oracle and in examples of joining, leaving and changing keys."""

import copy
from fractions import Fraction

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError
from billing.allocation.pools import read_terms
from billing.allocation.spans import read_period
from tests.billing.allocation import oracle
from tests.billing.allocation.problems import PERIOD, problems, quick

ALWAYS = [{"from": "2014-01-01", "to": None}]
THREE = {"151": ALWAYS, "190": ALWAYS, "240": ALWAYS}


def split(problem):
    terms = read_terms(problem["participation"], problem["key_versions"])
    return terms.split(problem["total_ore"], read_period(problem["period"]), Drivers(problem.get("drivers")))


def one_key(key, **changes):
    versions = [{"from": "2014-01-01", "to": None, "key": key}]
    return {"period": PERIOD, "participation": THREE, "key_versions": versions, "total_ore": 1000, **changes}


def shares(problem):
    return split(problem).shares.fractions()


def outcome(function, problem):
    try:
        return function(problem)
    except (AllocationError, oracle.Refused) as refused:
        return refused.code


@settings(quick, max_examples=150)
@given(problems)
def test_shares_are_those_of_the_oracle_that_goes_day_by_day(problem):
    problem["total_ore"] = problem["total_ore"] or 1

    expected = outcome(oracle.share_of_the_period, problem)

    event(expected if isinstance(expected, str) else "shared")
    assert outcome(shares, problem) == expected


@quick
@given(problems)
def test_amounts_add_up_stay_within_one_ore_and_mirror(problem):
    result = outcome(split, problem)
    if isinstance(result, str) or not problem["total_ore"]:
        return
    mirrored = split({**problem, "total_ore": -problem["total_ore"]})

    assert sum(result.shares.fractions().values()) == 1
    assert sum(result.amounts.values()) == problem["total_ore"]
    assert all(abs(result.rounding(member)) < 1 for member in result.amounts)
    assert all(result.amounts[member] == 0 for member, share in result.shares.fractions().items() if not share)
    assert mirrored.amounts == {member: -amount for member, amount in result.amounts.items()}
    assert result.amounts == oracle.rounded(problem["total_ore"], result.shares.fractions())


@quick
@given(problems, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(problem, random):
    """Of several faults in the parts of a mixture, which one is named first may differ."""
    result, other = outcome(split, problem), outcome(split, shuffled(problem, random))

    assert (isinstance(result, str) and isinstance(other, str)) or result == other


def shuffled(value, random):
    if isinstance(value, dict):
        entries = list(value.items())
        random.shuffle(entries)
        return {key: shuffled(item, random) for key, item in entries}
    if isinstance(value, list):
        items = [shuffled(item, random) for item in value]
        if not any(isinstance(item, dict) and "up_to" in item for item in items):
            random.shuffle(items)
        return items
    return value


@quick
@given(problems, st.integers(1, 10**6), st.integers(1, 10**6))
def test_driver_values_times_a_constant_change_nothing(problem, numerator, denominator):
    scaled = copy.deepcopy(problem)
    untiered = "tiers" not in str(problem["key_versions"])
    for driver in scaled["drivers"].values() if untiered else ():
        for values in [driver["values"], *driver.get("values_by_from", {}).values()]:
            values.update({member: str(Fraction(value) * numerator / denominator) for member, value in values.items()})

    assert outcome(split, scaled) == outcome(split, problem)


def test_a_member_that_joins_and_leaves_within_the_month_pays_for_its_days():
    visit = [{"from": "2026-04-11", "to": "2026-04-21"}]

    result = shares(one_key({"type": "equal"}, participation={**THREE, "201": visit}))

    assert result["201"] == Fraction(10, 30) * Fraction(1, 4)
    assert result["151"] == Fraction(20, 30) * Fraction(1, 3) + Fraction(10, 30) * Fraction(1, 4)


def test_a_member_may_take_part_twice_in_a_month():
    twice = [{"from": "2026-01-01", "to": "2026-04-06"}, {"from": "2026-04-26", "to": None}]

    result = shares(one_key({"type": "equal"}, participation={**THREE, "201": twice}))

    assert result["201"] == Fraction(10, 30) * Fraction(1, 4)


def test_a_month_with_the_change_to_summer_time_has_all_its_days():
    march = {"from": "2026-03-01", "to": "2026-04-01"}
    leaves = [{"from": "2014-01-01", "to": "2026-03-29"}]

    result = shares(one_key({"type": "equal"}, period=march, participation={"151": ALWAYS, "190": leaves}))

    assert result == {"151": Fraction(28, 31) / 2 + Fraction(3, 31), "190": Fraction(28, 31) / 2}


def test_a_flow_is_counted_apart_for_each_key_version():
    tickets = {
        "nature": "flow",
        "values_by_from": {
            "2014-01-01": {"151": "3", "190": "1", "240": "0"},
            "2026-04-11": {"151": "0", "190": "0", "240": "5"},
        },
    }
    versions = [
        {"from": "2014-01-01", "to": "2026-04-11", "key": {"type": "driver", "driver": "tickets"}},
        {"from": "2026-04-11", "to": None, "key": {"type": "driver", "driver": "tickets"}},
    ]

    result = shares(one_key({}, key_versions=versions, drivers={"tickets": tickets}))

    assert result == {"151": Fraction(1, 4), "190": Fraction(1, 12), "240": Fraction(2, 3)}


def test_a_flow_of_a_key_version_counts_only_those_who_took_part_under_it():
    joins = [{"from": "2026-04-16", "to": None}]
    by_tickets = {"type": "driver", "driver": "tickets"}
    versions = [
        {"from": "2014-01-01", "to": "2026-04-16", "key": by_tickets},
        {"from": "2026-04-16", "to": None, "key": by_tickets},
    ]
    tickets = {"nature": "flow", "values": {"151": "1", "201": "1"}}

    result = shares(
        one_key({}, key_versions=versions, participation={"151": ALWAYS, "201": joins}, drivers={"tickets": tickets})
    )

    assert result == {"151": Fraction(3, 4), "201": Fraction(1, 4)}


def test_a_flow_is_not_scaled_by_the_days_of_a_member_that_left():
    left = [{"from": "2014-01-01", "to": "2026-04-02"}]
    tickets = {"nature": "flow", "values": {"151": "1", "190": "3"}}

    result = shares(
        one_key(
            {"type": "driver", "driver": "tickets"},
            participation={"151": ALWAYS, "190": left},
            drivers={"tickets": tickets},
        )
    )

    assert result == {"151": Fraction(1, 4), "190": Fraction(3, 4)}


def test_values_of_those_who_do_not_take_part_are_not_even_read():
    drivers = {"inhabitants": {"nature": "stock", "values": {"151": "1", "190": "1", "240": "2", "999": "rubbish"}}}

    result = shares(one_key({"type": "driver", "driver": "inhabitants"}, drivers=drivers))

    assert result == {"151": Fraction(1, 4), "190": Fraction(1, 4), "240": Fraction(1, 2)}


def test_a_total_of_zero_reads_no_key_and_no_driver():
    broken = [{"from": "2026-04-20", "to": None, "key": {"type": "unheard of"}}]
    visitor = [{"from": "2026-04-30", "to": None}]
    too_late = [{"from": "2026-05-01", "to": None}]

    result = split(
        one_key({}, key_versions=broken, participation={**THREE, "201": visitor, "210": too_late}, total_ore=0)
    )

    assert result.shares is None
    assert result.amounts == {"151": 0, "190": 0, "201": 0, "240": 0}


def test_a_key_version_outside_the_period_may_be_broken_and_may_overlap():
    versions = [
        {"from": "2010-01-01", "to": "2026-04-01", "key": {"type": "unheard of"}},
        {"from": "2012-01-01", "to": "2026-04-01", "key": {"type": "equal"}},
        {"from": "2026-04-01", "to": "2026-05-01", "key": {"type": "equal"}},
    ]

    assert shares(one_key({}, key_versions=versions))["151"] == Fraction(1, 3)


REFUSALS = [
    ("GAP", {"key_versions": []}, {"day": "2026-04-01"}),
    ("GAP", {"key_versions": [{"from": "2026-04-05", "to": None, "key": {"type": "equal"}}]}, {"day": "2026-04-01"}),
    ("EMPTY", {"participation": {}}, {"day": "2026-04-01"}),
    ("EMPTY", {"participation": {"151": [{"from": "2026-04-02", "to": None}]}}, {"day": "2026-04-01"}),
    ("EMPTY", {"participation": {"151": [{"from": "2014-01-01", "to": "2026-04-30"}]}}, {"day": "2026-04-30"}),
    ("OVERLAP", {"participation": {"151": [*ALWAYS, {"from": "2026-04-30", "to": None}]}}, {"member": "151"}),
    ("BAD_DATE", {"participation": {"151": [{"from": "2026-04-31", "to": None}]}}, {"member": "151"}),
    ("BAD_DATE", {"participation": {"151": [{"from": None, "to": None}]}}, {"member": "151"}),
    ("BAD_DATE", {"participation": {"151": [{"from": "2026-04-02", "to": "2026-04-02"}]}}, {"member": "151"}),
    ("BAD_DATE", {"participation": {"151": ["2026-04-02"]}}, {"member": "151"}),
    ("BAD_DATE", {"period": {"from": "2026-05-01", "to": "2026-04-01"}}, {}),
    ("BAD_DATE", {"period": {"from": "2026-05-01", "to": "2026-05-01"}}, {}),
    ("BAD_DATE", {"period": {"from": "2026-05-01", "to": None}}, {}),
    ("BAD_DATE", {"period": {"from": "20260501", "to": "2026-06-01"}}, {}),
    ("BAD_DATE", {"period": None}, {}),
    ("BAD_DATE", {"period": None, "total_ore": 0}, {}),
    ("BAD_DATE", {"key_versions": [{"from": "1 April", "to": None, "key": {"type": "equal"}}], "total_ore": 0}, {}),
    ("BAD_KEY", {"key_versions": [{"from": "2014-01-01", "to": None}]}, {"day": "2026-04-01"}),
    ("BAD_KEY", {"key_versions": ["equal"]}, {}),
    ("BAD_KEY", {"participation": ["151"]}, {}),
]


@pytest.mark.parametrize(("code", "change", "where"), REFUSALS)
def test_a_pool_that_cannot_be_shared_is_refused_with_its_place(code, change, where):
    with pytest.raises(AllocationError) as refused:
        split(one_key({"type": "equal"}, **change))

    assert refused.value.code == code
    assert {place: str(value) for place, value in refused.value.where.items() if place in where} == where


def test_key_versions_are_checked_before_participations_and_these_before_drivers():
    overlapping = {"151": [*ALWAYS, *ALWAYS]}
    leaving = {"151": [{"from": "2014-01-01", "to": "2026-04-30"}]}
    unmeasured = {"inhabitants": {"nature": "stock", "values": {}}}
    by_inhabitants = {"type": "driver", "driver": "inhabitants"}
    problem = one_key(by_inhabitants, drivers=unmeasured)

    assert outcome(split, {**problem, "participation": overlapping, "key_versions": []}) == "GAP"
    assert outcome(split, {**problem, "participation": overlapping}) == "OVERLAP"
    assert outcome(split, {**problem, "participation": {}}) == "EMPTY"
    assert outcome(split, {**problem, "participation": leaving}) == "EMPTY"
    assert outcome(split, problem) == "MISSING_DRIVER"
