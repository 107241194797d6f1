"""Which month, whose ticket: the drivers that the service desk's own work gives."""

import copy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.ticket_driver import ticket_drivers
from tests.billing.allocation.problems import quick

MEMBERS = ["151", "190", "240"]
WEIGHTS = {"1": "8", "2": "4", "3": "2", "4": "1", "5": "1"}


def ticket(number="T1", **changes):
    entries = changes.pop("entries", [])
    return {
        "id": number,
        "affected": ["151"],
        "outcome": "resolved",
        "priority": 3,
        "first_resolved_at": "2026-04-10T10:00:00+02:00",
        "time_entries": [{"at": at, "minutes": minutes} for at, minutes in entries],
        **changes,
    }


def drivers(*tickets, first="2026-04-01", end="2026-05-01", weights=None):
    return ticket_drivers(
        period={"from": first, "to": end}, members=MEMBERS, priority_weights=weights or WEIGHTS, tickets=list(tickets)
    )


def of(values):
    return {member: str(value) for member, value in values.items() if value}


@pytest.mark.parametrize(
    ("resolved_at", "counts"),
    [
        ("2026-03-31T21:59:59Z", False),
        ("2026-03-31T22:00:00Z", True),
        ("2026-04-30T21:59:59Z", True),
        ("2026-04-30T22:00:00Z", False),
        ("2026-04-30T23:59:59-05:00", False),
        ("2026-04-01T00:00:00+02:00", True),
        (None, False),
    ],
)
def test_the_month_is_the_local_month_of_the_first_resolution(resolved_at, counts):
    assert of(drivers(ticket(first_resolved_at=resolved_at)).tickets) == ({"151": "1"} if counts else {})


def test_the_winter_month_begins_an_hour_later_in_utc():
    november = {"first": "2026-11-01", "end": "2026-12-01"}

    assert of(drivers(ticket(first_resolved_at="2026-10-31T22:30:00Z"), **november).tickets) == {}
    assert of(drivers(ticket(first_resolved_at="2026-10-31T23:00:00Z"), **november).tickets) == {"151": "1"}


@pytest.mark.parametrize("outcome", ["merged", "cancelled", "spam", "open", None, ["resolved"]])
def test_only_resolved_tickets_count(outcome):
    assert of(drivers(ticket(outcome=outcome)).tickets) == {}


@pytest.mark.parametrize(("outcome", "minutes"), [("merged", "5"), ("cancelled", "5"), (None, "5"), ("spam", None)])
def test_minutes_count_on_any_ticket_except_spam(outcome, minutes):
    worked = ticket(outcome=outcome, entries=[("2026-04-10T09:00:00Z", "5"), ("2026-05-01T09:00:00Z", "7")])

    assert of(drivers(worked).minutes) == ({"151": minutes} if minutes else {})


def test_a_ticket_for_several_counts_a_part_for_each_and_nobody_twice():
    shared = ticket(affected=["240", "151", "151", "999"], entries=[("2026-04-10T09:00:00Z", "10")])

    result = drivers(shared)

    assert of(result.tickets) == {"151": "1/3", "240": "1/3"}
    assert of(result.weighted) == {"151": "2/3", "240": "2/3"}
    assert of(result.minutes) == {"151": "10/3", "240": "10/3"}


def test_the_evidence_names_the_tickets_behind_each_value():
    result = drivers(
        ticket("T1", affected=["151", "190"]),
        ticket("T2", outcome="merged", entries=[("2026-04-10T09:00:00Z", "1")]),
        ticket("T3", outcome="merged", entries=[("2026-03-10T09:00:00Z", "1")]),
    )

    assert result.resolved_tickets == {"151": ["T1"], "190": ["T1"]}
    assert result.tickets_with_time == {"151": ["T2"]}


def test_the_same_ticket_twice_counts_once_but_not_with_other_content():
    assert of(drivers(ticket(), ticket()).tickets) == {"151": "1"}

    with pytest.raises(AllocationError) as refused:
        drivers(ticket(), ticket(priority=1))
    assert (refused.value.code, refused.value.where) == ("DUPLICATE", {"ticket": "T1"})


@quick
@given(st.lists(st.lists(st.sampled_from(MEMBERS), min_size=1), max_size=8), st.randoms(use_true_random=False))
def test_parts_add_up_to_the_tickets_whatever_their_order(affected, random):
    tickets = [ticket(f"T{number}", affected=those, priority=1) for number, those in enumerate(affected)]
    shuffled = copy.copy(tickets)
    random.shuffle(shuffled)

    assert sum(drivers(*tickets).tickets.values()) == len(tickets)
    assert sum(drivers(*tickets).weighted.values()) == 8 * len(tickets)
    assert drivers(*shuffled).tickets == drivers(*tickets).tickets


def test_weights_may_be_fractions_and_only_the_priorities_that_count_need_one():
    result = drivers(ticket(priority="2"), ticket("T2", priority=9, outcome="merged"), weights={"2": "1/3"})

    assert result.weighted["151"] == Fraction(1, 3)


REFUSALS = [
    ("NAIVE_TIME", ticket(first_resolved_at="2026-04-10T10:00:00")),
    ("NAIVE_TIME", ticket(outcome="cancelled", first_resolved_at="2026-04-10T10:00:00")),
    ("NAIVE_TIME", ticket(entries=[("2026-04-10T10:00:00", "5")])),
    ("BAD_DATE", ticket(first_resolved_at="yesterday")),
    ("BAD_DATE", ticket(first_resolved_at="0001-01-01T00:00:00+14:00")),
    ("BAD_DATE", ticket(entries=[(None, "5")])),
    ("NEGATIVE_DRIVER", ticket(entries=[("2026-04-10T10:00:00Z", "-5")])),
    ("MISSING_DRIVER", ticket(entries=[("2026-04-10T10:00:00Z", None)])),
    ("BAD_NUMBER", ticket(entries=[("2026-04-10T10:00:00Z", 5.5)])),
    ("MISSING_DRIVER", ticket(priority=9)),
    ("MISSING_DRIVER", ticket(priority=None)),
    ("MISSING_DRIVER", ticket(priority=[1])),
    ("EMPTY", ticket(affected=[])),
    ("EMPTY", ticket(affected=None)),
    ("BAD_KEY", ticket(affected="151")),
    ("BAD_KEY", ticket(affected=[151])),
    ("BAD_KEY", ticket(number=None)),
    ("BAD_KEY", "T1"),
]


@pytest.mark.parametrize(("code", "ticket"), REFUSALS)
def test_a_ticket_that_cannot_be_counted_is_refused(code, ticket):
    with pytest.raises(AllocationError) as refused:
        drivers(ticket)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "uncounted",
    [
        {"outcome": "spam", "entries": [("2026-04-10T10:00:00Z", "5")]},
        {"outcome": "merged"},
        {"first_resolved_at": "2026-05-10T10:00:00Z", "entries": [("2026-05-10T10:00:00Z", "5")]},
    ],
)
def test_a_ticket_of_nobody_harms_nobody_unless_it_counts(uncounted):
    assert of(drivers(ticket(affected=[], **uncounted), ticket("T2")).tickets) == {"151": "1"}


def test_time_on_a_merged_ticket_of_nobody_is_refused():
    with pytest.raises(AllocationError) as refused:
        drivers(ticket(affected=[], outcome="merged", entries=[("2026-04-10T10:00:00Z", "5")]))

    assert refused.value.code == "EMPTY"


def test_members_are_named_once_and_the_period_is_one():
    with pytest.raises(AllocationError) as refused:
        ticket_drivers(period=None, members=MEMBERS, priority_weights=WEIGHTS, tickets=[])
    assert refused.value.code == "BAD_DATE"

    with pytest.raises(AllocationError) as refused:
        ticket_drivers(
            period={"from": "2026-04-01", "to": "2026-05-01"}, members=["151", "151"], priority_weights={}, tickets=[]
        )
    assert refused.value.code == "DUPLICATE"
