from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.fairness import fairness, max_over_min, no_worse_off_than_alone, unit_cost, unit_costs
from tests.billing.allocation.problems import amounts, quick

members = st.sampled_from(["151", "190", "201", "240"])


@quick
@given(st.dictionaries(members, amounts), st.dictionaries(members, st.integers(1, 900).map(str), min_size=1))
def test_cross_subsidies_add_up_to_zero(charges, consumption):
    result = fairness(charges, consumption)

    assert sum(result.cross_subsidy_ore.values()) == 0
    assert result.cross_subsidy_ore.keys() == charges.keys() | consumption.keys()


def test_who_is_charged_without_consumption_pays_for_the_others():
    assert fairness({"151": 60, "190": 40}, {"190": "1", "201": "1"}).cross_subsidy_ore == {
        "151": 60,
        "190": -10,
        "201": -50,
    }


def test_charges_that_cancel_out_need_no_consumption():
    assert fairness({"151": 60, "190": -60}, {"151": None}).cross_subsidy_ore == {"151": 60, "190": -60}


@pytest.mark.parametrize(
    ("amount", "units", "cost"),
    [(33333333, "950", 35088), (1, "2", 1), (-1, "2", -1), (5, "0", None), (5, None, None), (0, "3", 0), (1, "1/3", 3)],
)
def test_unit_cost_is_rounded_half_up_and_empty_without_units(amount, units, cost):
    assert unit_cost(amount, units) == cost


@pytest.mark.parametrize(
    ("amount", "units", "code"),
    [(0.5, "1", "NOT_INTEGER"), (5, "-1", "NEGATIVE_DRIVER"), (5, 1.5, "BAD_NUMBER"), (5, "many", "BAD_NUMBER")],
)
def test_a_unit_cost_of_nonsense_is_refused(amount, units, code):
    with pytest.raises(AllocationError) as refused:
        unit_cost(amount, units)

    assert refused.value.code == code


def test_sizes_of_zero_have_no_unit_cost_and_no_part_in_the_ratio():
    costs = unit_costs({"151": 400, "190": 300, "240": 100}, {"151": "100", "190": "50", "240": "0"})

    assert costs == {"151": 4, "190": 6, "240": None}
    assert max_over_min(costs) == Fraction(3, 2)


@pytest.mark.parametrize(
    ("charges", "sizes", "ratio"),
    [
        ({"151": 400}, {"151": "0"}, None),
        ({"151": 400}, {}, None),
        ({"151": 0, "190": 5}, {"151": "1", "190": "1"}, None),
        ({"151": -5, "190": 5}, {"151": "1", "190": "1"}, None),
        ({"151": 7}, {"151": "3"}, 1),
    ],
)
def test_the_ratio_needs_a_lowest_cost_above_zero(charges, sizes, ratio):
    assert max_over_min(unit_costs(charges, sizes)) == ratio


def test_standing_alone_is_compared_where_it_was_measured():
    assert no_worse_off_than_alone({"151": 5, "190": 6, "240": 1}, {"151": 5, "190": 5}) == {
        "151": True,
        "190": False,
        "240": None,
    }
