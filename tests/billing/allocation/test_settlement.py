import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.rounding import apportion
from billing.allocation.settlement import correction, instalments, settlement
from tests.billing.allocation.problems import amounts, quick

members = st.sampled_from(["151", "190", "201", "240"])
weights = st.dictionaries(members, st.integers(1, 50000).map(str), min_size=1)
booked = st.dictionaries(members, amounts)


@quick
@given(amounts, st.integers(1, 60))
def test_instalments_add_up_and_the_first_carry_the_odd_ore(total, count):
    result = instalments(total, count)

    assert (len(result), sum(result)) == (count, total)
    assert max(result) - min(result) <= 1
    assert result == sorted(result, key=abs, reverse=True)
    assert instalments(-total, count) == [-amount for amount in result]


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [(-14, 4, [-4, -4, -3, -3]), (2, 4, [1, 1, 0, 0]), (0, 3, [0, 0, 0]), (7, 1, [7]), (-1, 2, [-1, 0])],
)
def test_instalments_in_examples(total, count, expected):
    assert instalments(total, count) == expected


@pytest.mark.parametrize("count", [0, -1, 1201, 2.0, "12", None, True, [12]])
def test_a_number_of_instalments_that_is_none_is_refused(count):
    with pytest.raises(AllocationError) as refused:
        instalments(100, count)

    assert refused.value.code == "BAD_COUNT"


@pytest.mark.parametrize("total", [1.0, None, "1", True, 2**63])
def test_instalments_of_no_amount_are_refused(total):
    with pytest.raises(AllocationError) as refused:
        instalments(total, 12)

    assert refused.value.code == "NOT_INTEGER"


@quick
@given(amounts, weights, amounts, weights, booked)
def test_the_three_parts_add_up_to_the_settlement(budget, budget_weights, actual, actual_weights, invoiced):
    result = settlement(
        budget_ore=budget,
        budget_weights=budget_weights,
        actual_ore=actual,
        actual_weights=actual_weights,
        invoiced_ore=invoiced,
    )

    for member in result.settlement_ore:
        cost, key = result.of_which_cost_ore[member], result.of_which_key_ore[member]
        assert cost + key + result.of_which_unbilled_ore[member] == result.settlement_ore[member]
    assert sum(result.of_which_key_ore.values()) == 0
    assert sum(result.of_which_cost_ore.values()) == actual - budget
    assert sum(result.settlement_ore.values()) == actual - sum(invoiced.values())


def test_a_member_that_joined_after_the_budget_is_settled_from_zero():
    result = settlement(
        budget_ore=1000,
        budget_weights={"151": "1", "190": "1"},
        actual_ore=1200,
        actual_weights={"151": "1", "190": "1", "201": "1"},
        invoiced_ore={"151": 500, "190": 400},
    )

    assert result.budget_share_ore == {"151": 500, "190": 500, "201": 0}
    assert result.settlement_ore == {"151": -100, "190": 0, "201": 400}
    assert result.of_which_cost_ore == {"151": 100, "190": 100, "201": 0}
    assert result.of_which_key_ore == {"151": -200, "190": -200, "201": 400}
    assert result.of_which_unbilled_ore == {"151": 0, "190": 100, "201": 0}


def test_an_invoiced_amount_that_is_not_whole_is_refused():
    with pytest.raises(AllocationError) as refused:
        settlement(
            budget_ore=1,
            budget_weights={"151": "1"},
            actual_ore=1,
            actual_weights={"151": "1"},
            invoiced_ore={"151": 0.5},
        )

    assert (refused.value.code, refused.value.where) == ("NOT_INTEGER", {"member": "151"})


@pytest.mark.parametrize("broken", [{"budget_ore": 1.5}, {"actual_ore": None}, {"invoiced_ore": {"151": "7"}}])
def test_amounts_of_a_settlement_are_checked_before_weights(broken):
    zero = {"151": "0"}
    given = {"budget_ore": 1, "budget_weights": zero, "actual_ore": 1, "actual_weights": zero, "invoiced_ore": {}}

    with pytest.raises(AllocationError) as refused:
        settlement(**given | broken)

    assert refused.value.code == "NOT_INTEGER"


@quick
@given(booked, amounts, weights, st.lists(booked, max_size=3))
def test_closed_amounts_and_corrections_give_the_recomputed_ones(closed, total, weights, earlier):
    recomputed = apportion(total, weights).amounts

    booked = correction(closed=closed, recomputed=recomputed, earlier=earlier)

    for member in booked:
        before = closed.get(member, 0) + sum(table.get(member, 0) for table in earlier)
        assert before + booked[member] == recomputed.get(member, 0)
    again = correction(closed=closed, recomputed=recomputed, earlier=[*earlier, booked])
    assert set(again.values()) <= {0}


def test_a_correction_covers_who_left_and_who_came():
    booked = correction(closed={"151": 60, "190": 40}, recomputed={"151": 50, "201": 50}, earlier=[{"190": -10}])

    assert booked == {"151": -10, "190": -30, "201": 50}
