import pytest

from tickets.sla.errors import SlaError
from tickets.sla.time_ratio import time_ratio, time_ratio_interval

TWICE = {"a": {"151": [120, 240, 360], "190": [60, 120, 180]}}


def test_the_ratio_is_that_of_the_medians():
    assert round(time_ratio(TWICE, "151"), 9) == 2.0
    assert round(time_ratio(TWICE, "190"), 9) == 0.5


def test_less_than_a_minute_counts_as_a_minute():
    assert time_ratio({"a": {"151": [0, 5], "190": [60]}}, "151") == 1.0


def test_strata_weigh_by_what_both_sides_have():
    """Weights 1·1/2 and 2·2/4: a ratio of 4 counts half as much as one of 1."""
    table = {"a": {"151": [400], "190": [100]}, "b": {"151": [100, 100], "190": [100, 100]}}

    assert round(time_ratio(table, "151"), 9) == round(4 ** (0.5 / 1.5), 9)


def test_without_a_common_stratum_there_is_no_ratio():
    table = {"a": {"151": [400]}, "b": {"190": [100]}, "c": {"151": [], "190": [1]}}

    assert time_ratio(table, "151") is None
    assert time_ratio_interval(table, "151", seed=1) is None


def test_the_interval_is_the_same_for_the_same_seed_and_holds_the_ratio():
    table = {"a": {"151": list(range(100, 400, 7)), "190": list(range(60, 360, 11))}}

    low, high = time_ratio_interval(table, "151", seed=2026)

    assert (low, high) == time_ratio_interval(table, "151", seed=2026)
    assert (low, high) != time_ratio_interval(table, "151", seed=2027)
    assert low < time_ratio(table, "151") < high


def test_times_that_do_not_vary_leave_no_doubt():
    table = {"a": {"151": [200] * 5, "190": [100] * 5}}

    assert [round(limit, 9) for limit in time_ratio_interval(table, "151", seed=1)] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("table", "municipality"),
    [
        (None, "151"),
        ([], "151"),
        ({}, "151"),
        ({"a": []}, "151"),
        ({"a": {"151": [60]}}, "151"),
        (TWICE, "999"),
        (TWICE, None),
        (TWICE, ["151"]),
        ({"a": {"151": 60, "190": [60]}}, "151"),
        ({"a": {"151": [-1], "190": [60]}}, "151"),
        ({"a": {"151": ["60"], "190": [60]}}, "151"),
        ({"a": {"151": [60.5], "190": [60]}}, "151"),
        ({"a": {"151": [10**400], "190": [60]}}, "151"),
        ({"a": {"151": [None], "190": [60]}}, "151"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table, municipality):
    with pytest.raises(SlaError) as refused:
        time_ratio(table, municipality)

    assert refused.value.code == "BAD_TABLE"
