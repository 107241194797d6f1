"""Counting on small hand-made cases: exact numbers, exact medians, every clock in one column."""

from datetime import UTC, date, datetime, timedelta

import pytest

from servicecenter.tenancy.scope import Scope, current_scope, enter
from tests.factories import (
    MONDAY,
    TERMS,
    make_agent,
    make_agreement,
    make_municipality,
    make_operator,
    make_ticket,
    see,
)
from tickets import lifecycle
from tickets.incidents import linking
from tickets.levels.judging import counts_of
from tickets.levels.measuring import measure
from tickets.levels.models import LevelFigure
from tickets.models import Clock, Ticket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CLOCKS_THAT_PAUSE = ("first_response", "next_update", "ola", "resolution")
NOVEMBER = date(2026, 11, 1)
LATER = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def count(first=NOVEMBER, last=NOVEMBER, now=LATER):
    measure(first=first, last=last, now=now)


def solved(municipality, agent, *, hours, **fields):
    """A ticket of priority 4 (8 open hours), answered after one hour and solved after some."""
    ticket = make_ticket(municipality, **fields)
    lifecycle.reply(ticket, by=agent, body="Vi ser på det.", at=ticket.received_at + HOUR)
    lifecycle.resolve(ticket, by=agent, solution="Ok.", at=ticket.received_at + hours * HOUR)
    return ticket


def only(kind, **wanted):
    return LevelFigure.objects.get(kind=kind, month=NOVEMBER, **wanted)


def test_met_broken_and_open_are_counted_with_what_they_took():
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    solved(nordby, agent, hours=3)
    solved(nordby, agent, hours=26)  # Tuesday 11:00: ten open hours, eight were promised
    make_ticket(nordby, at=datetime(2026, 11, 20, 11, 0, tzinfo=UTC))
    count()
    figure = only("resolution")
    assert (figure.met, figure.breached, figure.excluded, figure.undecided) == (1, 1, 0, 1)
    assert figure.elapsed == [3 * 3600, 10 * 3600]
    assert figure.counted_s == 13 * 3600
    assert only("first_response").met == 2
    assert (only("first_response").elapsed, only("first_response").undecided) == ([3600, 3600], 1)


def test_a_promise_broken_on_an_open_ticket_counts_at_its_breach():
    nordby = make_municipality("Nordby")
    ticket = make_ticket(nordby)
    lifecycle.note(ticket, by=make_agent(nordby), body="Hov.", at=datetime(2026, 11, 4, 9, 0, tzinfo=UTC))
    count()
    assert (only("resolution").breached, only("resolution").elapsed) == (1, [8 * 3600])  # used when it broke
    count(now=LATER)
    assert LevelFigure.objects.filter(kind="resolution").count() == 1


def test_pauses_are_summed_by_state():
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    ticket = make_ticket(nordby)
    lifecycle.reply(ticket, by=agent, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    lifecycle.answer(ticket, by=ticket.requester, body="Den store.", at=MONDAY + 3 * HOUR)
    lifecycle.wait_for_planned(ticket, planned_at=MONDAY + 5 * HOUR, by=agent, at=MONDAY + 4 * HOUR)
    lifecycle.resume(ticket, by=agent, at=MONDAY + 5 * HOUR)
    lifecycle.resolve(ticket, by=agent, solution="Ok.", at=MONDAY + 5 * HOUR + 30 * MINUTE)
    count()
    figure = only("resolution")
    assert (figure.elapsed, figure.counted_s) == ([2 * 3600 + 1800], 2 * 3600 + 1800)
    assert (figure.waiting_requester_s, figure.waiting_planned_s, figure.waiting_vendor_s) == (7200, 3600, 0)


def test_every_clock_that_pauses_tells_in_which_state():
    """The next update waits for the requester only, the queue's own clock as the solution, the first reply never."""
    make_agreement(
        terms=TERMS
        | {
            "timers": TERMS["timers"] | {"next_update": {"calendar": "desk", "target_minutes": {"4": 600}}},
            "pause_states": {"next_update": ["waiting_requester"], "ola": ["waiting_requester", "waiting_planned"]},
            "ola": {"first-line": {"calendar": "desk", "target_minutes": 600}},
        }
    )
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    ticket = make_ticket(nordby)
    lifecycle.reply(ticket, by=agent, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    lifecycle.wait_for_planned(ticket, planned_at=MONDAY + 4 * HOUR, by=agent, at=MONDAY + 3 * HOUR)
    lifecycle.resume(ticket, by=agent, at=MONDAY + 4 * HOUR)
    lifecycle.resolve(ticket, by=agent, solution="Ok.", at=MONDAY + 5 * HOUR)
    count()
    figures = {figure.kind: figure for figure in LevelFigure.objects.filter(kind__in=CLOCKS_THAT_PAUSE)}
    told = {kind: (f.counted_s, f.waiting_requester_s, f.waiting_planned_s) for kind, f in figures.items()}
    hour = 3600
    assert told == {
        "first_response": (hour, 0, 0),
        "next_update": (2 * hour, 2 * hour, 0),
        "ola": (2 * hour, 2 * hour, hour),
        "resolution": (5 * hour, 0, 0),
    }


def test_a_major_incident_is_one_observation_in_each_municipality():
    """Three of Nordby's tickets and one of Sydby's have one cause; the first of each place speaks for the others."""
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    agent = make_agent(nordby, sydby)
    first, second, alone = (make_ticket(nordby, at=MONDAY + n * MINUTE) for n in range(3))
    other = make_ticket(sydby, at=MONDAY)
    incident = linking.open_incident(second, title="Nettet er nede", by=agent, at=MONDAY + HOUR)
    for ticket in (first, other):
        linking.link(ticket, incident=incident, by=agent, at=MONDAY + HOUR)
    lifecycle.resolve(first, by=agent, solution="Ok.", at=MONDAY + 2 * HOUR)
    lifecycle.resolve(other, by=agent, solution="Ok.", at=MONDAY + 2 * HOUR)
    lifecycle.resolve(alone, by=agent, solution="Ok.", at=MONDAY + 2 * HOUR)
    lifecycle.resolve(second, by=agent, solution="Ok.", at=MONDAY + timedelta(days=9))
    count()
    rows = {figure.municipality_id: figure for figure in LevelFigure.objects.filter(kind="resolution")}
    of_nordby, of_sydby = rows[nordby.pk], rows[sydby.pk]
    assert (of_nordby.met, of_nordby.breached) == (2, 1)  # attainment hides nothing
    assert (of_nordby.repeated_met, of_nordby.repeated_breached) == (0, 1)
    assert of_nordby.repeated_elapsed == [max(of_nordby.elapsed)]
    assert (of_sydby.met, of_sydby.repeated_met) == (1, 0)
    compared = counts_of(NOVEMBER, NOVEMBER)["resolution"]
    assert list(compared.values()) == [{nordby.code: (2, 2), sydby.code: (1, 1)}]
    linking.link(second, incident=None, by=agent, at=MONDAY + timedelta(days=10))
    count()
    assert list(counts_of(NOVEMBER, NOVEMBER)["resolution"].values()) == [{nordby.code: (2, 3), sydby.code: (1, 1)}]


def test_voided_and_broken_by_a_priority_change_have_their_own_columns():
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    withdrawn = make_ticket(nordby)
    lifecycle.cancel(withdrawn, by=withdrawn.requester, reason=Ticket.CancelReason.WITHDRAWN, at=MONDAY + HOUR)
    raised = make_ticket(nordby)
    lifecycle.set_priority(raised, priority=1, by=agent, reason="Hele huset.", at=MONDAY + 3 * HOUR)
    count()
    rows = LevelFigure.objects.filter(kind="resolution").order_by("priority")
    assert [(r.priority, r.breached, r.by_priority_change, r.voided, r.excluded) for r in rows] == [
        (1, 1, 1, 0, 0),
        (4, 0, 0, 1, 1),
    ]


def test_a_reopened_ticket_is_marked():
    nordby = make_municipality("Nordby")
    ticket = solved(nordby, make_agent(nordby), hours=2)
    lifecycle.reopen(ticket, by=ticket.requester, body="Nej.", at=MONDAY + 3 * HOUR)
    lifecycle.resolve(ticket, by=make_agent(nordby), solution="Nu.", at=MONDAY + 4 * HOUR)
    count()
    assert (only("resolution").met, only("resolution").reopened, only("resolution").elapsed) == (1, 1, [3 * 3600])


def test_a_month_begins_and_ends_in_local_time():
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    late = make_ticket(nordby, at=datetime(2026, 10, 31, 22, 0, tzinfo=UTC))
    lifecycle.resolve(late, by=agent, solution="Ok.", at=datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC))
    early = make_ticket(nordby, at=datetime(2026, 10, 31, 22, 0, tzinfo=UTC))
    lifecycle.resolve(early, by=agent, solution="Ok.", at=datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
    count(first=date(2026, 10, 1))
    months = LevelFigure.objects.filter(kind="resolution").order_by("month").values_list("month", "met")
    assert list(months) == [(date(2026, 10, 1), 1), (NOVEMBER, 1)]


def test_every_clock_is_in_one_column():
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    for place in (nordby, sydby):
        agent = make_agent(place)
        solved(place, agent, hours=2)
        solved(place, agent, hours=30)
        make_ticket(place)
    count()
    sums = [
        row.met + row.breached + row.excluded + row.undecided for row in LevelFigure.objects.exclude(kind__in=PARTS)
    ]
    assert sum(sums) == Clock.objects.count()


PARTS = ("first_contact", "phone", "visit", "satisfaction")


def test_solved_at_first_contact_needs_nobody_to_be_asked_again():
    nordby = make_municipality("Nordby")
    agent = make_agent(nordby)
    solved(nordby, agent, hours=2)
    asked_again = make_ticket(nordby)
    lifecycle.reply(asked_again, by=agent, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    lifecycle.answer(asked_again, by=asked_again.requester, body="Den.", at=MONDAY + 2 * HOUR)
    lifecycle.resolve(asked_again, by=agent, solution="Ok.", at=MONDAY + 3 * HOUR)
    cancelled = make_ticket(nordby)
    lifecycle.cancel(cancelled, by=agent, reason=Ticket.CancelReason.SPAM, at=MONDAY + HOUR)
    count()
    assert (only("first_contact").met, only("first_contact").breached) == (1, 1)


def test_totals_of_others_are_read_but_not_written():
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    for place in (nordby, sydby):
        solved(place, make_agent(place), hours=2)
    see(make_operator())
    count()
    enter(Scope((nordby.pk,)))
    assert set(LevelFigure.objects.values_list("municipality_id", flat=True)) == {nordby.pk, sydby.pk}
    assert LevelFigure.objects.filter(municipality=sydby).update(met=99) == 0
    assert set(Ticket.objects.values_list("municipality_id", flat=True)) == {nordby.pk}
    enter(Scope())
    assert not LevelFigure.objects.exists()
    assert current_scope() == Scope()
