from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.plain import MAX_ORE, MIN_ORE
from billing.allocation.rounding import apportion, half_up, rounded_ore
from tests.billing.allocation import oracle
from tests.billing.allocation.problems import amounts, numbers, quick

codes = st.sampled_from(["101", "151", "190", "201", "240", "DESK", "NETWORK"])
weights = st.dictionaries(codes, numbers, min_size=1).filter(
    lambda table: any(Fraction(value) for value in table.values())
)


@quick
@given(amounts.filter(bool), weights)
def test_amounts_are_those_of_the_oracle(total, weights):
    exact = {code: Fraction(weight) for code, weight in weights.items()}
    shares = {code: weight / sum(exact.values()) for code, weight in exact.items()}

    split = apportion(total, weights)

    assert split.amounts == oracle.rounded(total, shares)
    assert sum(split.amounts.values()) == total
    assert split.shares.fractions() == shares
    assert all(split.exact(code) + split.rounding(code) == split.amounts[code] for code in weights)


@quick
@given(amounts, weights, st.fractions(min_value=Fraction(1, 1000), max_value=1000))
def test_weights_times_a_constant_in_another_order_change_nothing(total, weights, factor):
    scaled = {code: str(Fraction(weight) * factor) for code, weight in reversed(weights.items())}

    assert apportion(total, scaled) == apportion(total, weights)


@quick
@given(st.integers(1, 10**6), weights)
def test_one_ore_more_moves_nobody_by_more_than_one(total, weights):
    """The Alabama paradox takes at most one øre from somebody."""
    before, after = apportion(total, weights).amounts, apportion(total + 1, weights).amounts

    assert all(abs(after[code] - before[code]) <= 1 for code in weights)


TIES = [
    (1, {"240": "1", "151": "1"}, {"151": 1, "240": 0}),
    (-1, {"240": "1", "151": "1"}, {"151": -1, "240": 0}),
    (1, {"DESK": "1", "240": "1"}, {"DESK": 0, "240": 1}),
    (1, {"DESK": "1", "BACKUP": "1"}, {"BACKUP": 1, "DESK": 0}),
    (1, {"99": "1", "101": "1"}, {"101": 1, "99": 0}),
    (5, {"151": "1", "190": "1", "240": "2"}, {"151": 1, "190": 1, "240": 3}),
    (2, {"151": "0", "190": "1", "240": "2"}, {"151": 0, "190": 1, "240": 1}),
]


@pytest.mark.parametrize(("total", "weights", "expected"), TIES)
def test_equal_parts_of_an_ore_go_to_the_lowest_code_as_text(total, weights, expected):
    assert apportion(total, weights).amounts == expected


def test_a_split_names_those_whose_ore_the_code_decided():
    assert apportion(10001, {"151": "1", "190": "1", "240": "1"}).tied == {"151", "190", "240"}
    assert apportion(-10001, {"151": "1", "190": "1", "240": "1"}).tied == {"151", "190", "240"}
    assert apportion(1, {"151": "5", "190": "3", "240": "4"}).tied == set()
    assert apportion(9, {"151": "1", "190": "1", "240": "1"}).tied == set()


def test_a_total_of_zero_needs_no_weights():
    assert apportion(0, {"240": None, "151": "rubbish"}).amounts == {"151": 0, "240": 0}
    assert apportion(0, {}).amounts == {}


@pytest.mark.parametrize("total", [MIN_ORE, MIN_ORE + 1, MAX_ORE])
def test_the_largest_amounts_are_shared_to_the_ore(total):
    split = apportion(total, {"151": "0.1", "190": "0.2", "240": "1/3"})

    assert sum(split.amounts.values()) == total


REFUSALS = [
    (5000, {}, "EMPTY"),
    (5000, None, "EMPTY"),
    (5000, ["1"], "BAD_KEY"),
    (5000, "1", "BAD_KEY"),
    (5000, {"151": None}, "MISSING_DRIVER"),
    (5000, {"151": "-0.1"}, "NEGATIVE_DRIVER"),
    (5000, {"151": "-1/3"}, "NEGATIVE_DRIVER"),
    (5000, {"151": "0", "190": "0.000", "240": "0/7"}, "ZERO_DRIVER"),
    (5000, {"151": 1.5}, "BAD_NUMBER"),
    (5000, {"151": True}, "BAD_NUMBER"),
    (5000, {"151": "NaN"}, "BAD_NUMBER"),
    (5000, {"151": "1,5"}, "BAD_NUMBER"),
    (5000, {"151": {"value": "1"}}, "BAD_NUMBER"),
    (5000.0, {"151": "1"}, "NOT_INTEGER"),
    ("5000", {"151": "1"}, "NOT_INTEGER"),
    (True, {"151": "1"}, "NOT_INTEGER"),
    (None, {"151": "1"}, "NOT_INTEGER"),
    (float("nan"), {"151": "1"}, "NOT_INTEGER"),
    (float("inf"), {"151": "1"}, "NOT_INTEGER"),
    (MAX_ORE + 1, {"151": "1"}, "NOT_INTEGER"),
    (MIN_ORE - 1, {"151": "1"}, "NOT_INTEGER"),
    pytest.param(10**5000, {"151": "1"}, "NOT_INTEGER", id="5001 digits"),
    (1.5, {"151": None}, "NOT_INTEGER"),
]


@pytest.mark.parametrize(("total", "weights", "code"), REFUSALS)
def test_what_cannot_be_shared_is_refused(total, weights, code):
    with pytest.raises(AllocationError) as refused:
        apportion(total, weights)

    assert refused.value.code == code
    assert str(refused.value).startswith(code)


def test_the_first_fault_does_not_depend_on_the_order_of_the_input():
    for weights in ({"151": None, "190": "-1"}, {"190": "-1", "151": None}):
        with pytest.raises(AllocationError) as refused:
            apportion(1, weights)

        assert (refused.value.code, refused.value.where) == ("MISSING_DRIVER", {"member": "151"})


@pytest.mark.parametrize(
    ("exact", "whole"), [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("-3/2", -2), ("149/100", 1), ("-1/3", 0), ("0", 0)]
)
def test_products_round_half_away_from_zero(exact, whole):
    assert half_up(Fraction(exact)) == whole


def test_a_product_that_cannot_be_stored_is_refused():
    with pytest.raises(AllocationError) as refused:
        rounded_ore(Fraction(2 * MAX_ORE + 1, 2))

    assert refused.value.code == "NOT_INTEGER"
