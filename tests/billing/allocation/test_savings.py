from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.savings import savings, with_decimals
from tests.billing.allocation.problems import quick

YEAR = {
    "baseline_fixed_ore": 1500000000,
    "baseline_variable_ore": 900000000,
    "base_volume": "2050",
    "volume": "2145",
    "index_base": "100",
    "index": "103.7",
}


def year(*parts, actual_ore=2310000000, one_off_ore=30000000, promised_ore=200000000):
    parts = [{**YEAR, **part} for part in parts or ({},)]
    return savings(parts, actual_ore=actual_ore, one_off_ore=one_off_ore, promised_ore=promised_ore)


volumes = st.integers(1, 5000).map(str)
parts = st.lists(
    st.fixed_dictionaries(
        {
            "baseline_fixed_ore": st.integers(1, 10**10),
            "baseline_variable_ore": st.integers(0, 10**10),
            "base_volume": volumes,
            "volume": volumes,
            "index_base": volumes,
            "index": volumes,
        }
    ),
    min_size=1,
    max_size=3,
)


@quick
@given(parts, st.integers(0, 10**10))
def test_the_naive_saving_and_both_effects_give_the_running_saving(parts, actual):
    result = year(*parts, actual_ore=actual)

    effects = result.volume_effect_ore + result.index_effect_ore
    assert result.naive_saving_ore + effects == result.running_saving_ore
    assert result.adjusted_baseline_ore == sum(year(part).adjusted_baseline_ore for part in parts)


def test_parts_with_their_own_index_are_calculated_separately():
    wages = {"baseline_fixed_ore": 1000, "baseline_variable_ore": 0, "index": "110"}
    hosting = {"baseline_fixed_ore": 1000, "baseline_variable_ore": 0, "index": "80"}

    result = year(wages, hosting, actual_ore=1500, one_off_ore=0, promised_ore=100)

    assert result.adjusted_baseline_ore == 1100 + 800
    assert result.price_change == Fraction(95, 100)
    assert (result.running_saving_ore, result.promised_now_ore) == (400, 95)
    assert result.net_saving_base_prices_ore == 421
    assert with_decimals(result.attained, 4) == "4.2105"


def test_parts_with_the_same_index_deflate_by_it_whatever_they_cost():
    result = year({"baseline_fixed_ore": 0, "baseline_variable_ore": 0}, {}, promised_ore=1000)

    assert result.promised_now_ore == 1037


def test_nothing_promised_is_attained_by_nobody():
    assert year(promised_ore=0).attained is None


def test_no_cost_left_of_the_baseline_deflates_by_nothing():
    result = year({"baseline_fixed_ore": 100}, {"baseline_fixed_ore": -2000, "index": "90"})
    nothing = {"baseline_fixed_ore": 0, "baseline_variable_ore": 0}

    assert result.price_change > 0
    with pytest.raises(AllocationError) as refused:
        year({**nothing, "index": "90"}, nothing).promised_now_ore  # noqa: B018
    assert refused.value.code == "NO_BASE"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("NO_BASE", {"base_volume": None}),
        ("NO_BASE", {"base_volume": "0"}),
        ("NO_BASE", {"index": None}),
        ("NO_BASE", {"index": "0"}),
        ("NO_BASE", {"index_base": None}),
        ("NO_BASE", {"index_base": "-1"}),
        ("MISSING_DRIVER", {"volume": None}),
        ("NEGATIVE_DRIVER", {"volume": "-1"}),
        ("BAD_NUMBER", {"volume": 2145.0}),
        ("BAD_NUMBER", {"index": "high"}),
        ("NOT_INTEGER", {"baseline_fixed_ore": None}),
        ("NOT_INTEGER", {"baseline_variable_ore": 1.5}),
    ],
)
def test_a_baseline_that_cannot_be_compared_is_refused(code, change):
    with pytest.raises(AllocationError) as refused:
        year(change)

    assert refused.value.code == code


@pytest.mark.parametrize("amount", ["actual_ore", "one_off_ore", "promised_ore"])
def test_amounts_of_the_year_are_whole(amount):
    with pytest.raises(AllocationError) as refused:
        year(**{amount: 0.5})

    assert refused.value.code == "NOT_INTEGER"


@pytest.mark.parametrize(
    ("exact", "text"),
    [("1/3", "0.3333"), ("-1/3", "-0.3333"), ("-1/100000", "0.0000"), ("2", "2.0000"), ("1/20000", "0.0001")],
)
def test_decimals_round_half_away_from_zero(exact, text):
    assert with_decimals(Fraction(exact), 4) == text
