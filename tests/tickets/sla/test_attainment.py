from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.sla.attainment import Attainment, attainment, wilson
from tickets.sla.errors import SlaError
from tickets.sla.states import CLOCK_STATES

MARCH, APRIL = "2026-03-15T10:00:00+01:00", "2026-04-15T10:00:00+02:00"


def clock(state, *, stopped_at=None, breached_at=None, municipality="151"):
    return {"municipality": municipality, "state": state, "stopped_at": stopped_at, "breached_at": breached_at}


def counts(*clocks, month="2026-03"):
    figures = attainment(month, clocks)["151"]
    return figures.met, figures.breached, figures.excluded, figures.undecided


def test_a_clock_counts_in_the_month_it_was_decided():
    clocks = [clock("met", stopped_at=MARCH), clock("met", stopped_at=APRIL), clock("breached", breached_at=MARCH)]

    assert counts(*clocks) == (1, 1, 0, 0)
    assert counts(*clocks, month="2026-04") == (1, 0, 0, 0)


def test_a_breach_counts_when_it_happened_not_when_the_work_ended():
    assert counts(clock("breached", breached_at=MARCH, stopped_at=APRIL)) == (0, 1, 0, 0)


def test_months_are_local():
    last_second, first_second = "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"

    assert counts(clock("met", stopped_at=last_second), clock("met", stopped_at=first_second)) == (1, 0, 0, 0)
    assert counts(clock("met", stopped_at="2026-12-31T23:00:00Z"), month="2027-01") == (1, 0, 0, 0)


def test_excluded_clocks_count_in_the_month_they_ended_in():
    clocks = [clock("merged", stopped_at=MARCH), clock("void", breached_at=APRIL), clock("no_target", stopped_at=MARCH)]

    assert counts(*clocks) == (0, 0, 2, 0)


def test_what_has_no_end_counts_in_every_month():
    clocks = [clock("running"), clock("paused"), clock("void"), clock("no_target")]

    assert counts(*clocks) == counts(*clocks, month="1990-01") == (0, 0, 2, 2)


def test_without_a_decision_there_is_no_rate():
    assert attainment("2026-03", [clock("running")])["151"].as_dict() == {
        "met": 0,
        "breached": 0,
        "excluded": 0,
        "undecided": 1,
        "rate": None,
        "low": None,
        "high": None,
    }


def test_the_rate_is_exact():
    figures = Attainment(met=2, breached=1)

    assert (figures.rate, figures.n) == (Fraction(2, 3), 3)


def test_municipalities_come_in_order_also_without_clocks_in_the_month():
    clocks = [clock("met", stopped_at=APRIL, municipality="240"), clock("met", stopped_at=MARCH, municipality="151")]

    assert {code: figures.n for code, figures in attainment("2026-03", clocks).items()} == {"151": 1, "240": 0}


@given(st.lists(st.tuples(st.sampled_from(CLOCK_STATES), st.booleans())))
def test_j8_every_clock_is_in_exactly_one_column(states):
    decided = {"met", "breached", "merged"}
    clocks = [
        clock(
            state,
            stopped_at=MARCH if state in decided or ended else None,
            breached_at=MARCH if state == "breached" else None,
        )
        for state, ended in states
    ]

    figures = attainment("2026-03", clocks).get("151", Attainment())

    assert figures.met + figures.breached + figures.excluded + figures.undecided == len(clocks)


@pytest.mark.parametrize(
    "month", ["2026", "2026-13", "2026-3", "1899-12", "2201-01", "March", None, 202603, "2026-03-01"]
)
def test_a_month_that_is_none_is_refused(month):
    with pytest.raises(SlaError) as refused:
        attainment(month, [])

    assert refused.value.code == "BAD_TIME"


@pytest.mark.parametrize(
    ("clocks", "code"),
    [
        (None, "BAD_TABLE"),
        ({}, "BAD_TABLE"),
        ("met", "BAD_TABLE"),
        ([None], "BAD_TABLE"),
        ([clock("almost")], "BAD_TABLE"),
        ([clock("met", municipality=None)], "BAD_TABLE"),
        ([clock("met")], "BAD_TIME"),
        ([clock("breached", stopped_at=MARCH)], "BAD_TIME"),
        ([clock("met", stopped_at="2026-03-15T10:00:00")], "NAIVE_TIME"),
    ],
)
def test_clocks_that_cannot_be_counted_are_refused(clocks, code):
    with pytest.raises(SlaError) as refused:
        attainment("2026-03", clocks)

    assert refused.value.code == code


def test_the_wilson_interval_stays_within_zero_and_one():
    low, high = wilson(0, 5)

    assert (low, round(high, 6)) == (0.0, 0.434482)
    assert wilson(0, 0) == (None, None)


@pytest.mark.parametrize(
    ("met", "n"), [(2, 1), (-1, 1), (1, -1), (1.0, 2), (1, "2"), (None, 1), (True, 1), (1, 10**400)]
)
def test_counts_that_cannot_be_are_refused(met, n):
    with pytest.raises(SlaError) as refused:
        wilson(met, n)

    assert refused.value.code == "BAD_TABLE"
