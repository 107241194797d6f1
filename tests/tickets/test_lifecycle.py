from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError

from tests.factories import MONDAY, make_agent, make_category, make_municipality, make_queue, make_ticket
from tickets import lifecycle
from tickets.models import FAR_AHEAD, Event, Ticket
from tickets.status import ACTIVE, TRANSITIONS, CannotFollow, Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def kinds(ticket):
    return list(ticket.events.order_by("id").values_list("kind", flat=True))


def test_filing_asks_the_rules_once_and_writes_each_row_once(asked):
    first = make_ticket()
    with asked(at_most=5) as questions:
        lifecycle.file(
            requester=first.requester, subject="Igen", description="Igen.", category=first.category, impact=3,
            urgency=2, at=MONDAY,
        )  # fmt: skip
    tables = [sql.split('"')[1] for sql in questions if sql.startswith("INSERT")]
    assert tables == ["tickets_ticket", "tickets_event", "tickets_clock", "tickets_occasion"]


def test_a_filed_ticket_has_its_priority_queue_clocks_and_event():
    ticket = make_ticket(impact=2, urgency=1, category=make_category(queue=make_queue("net"), code="net"))
    assert (ticket.priority, ticket.queue.code, ticket.status) == (2, "net", Status.NEW)
    assert ticket.number >= 48000
    assert kinds(ticket) == ["created"]
    assert {clock.kind: clock.state for clock in ticket.clocks.all()} == {
        "first_response": "running",
        "resolution": "running",
    }
    assert ticket.next_due_at == MONDAY + timedelta(minutes=30)


def test_taking_a_new_ticket_begins_the_work():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.take(ticket, by=agent, at=MONDAY + HOUR)
    assert (ticket.assignee, ticket.status) == (agent, Status.OPEN)
    assert kinds(ticket) == ["created", "assigned", "state"]


def test_a_reply_stops_the_first_clock_and_waiting_pauses_the_second():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.reply(ticket, by=agent, body="Hvilken printer?", and_wait=True, at=MONDAY + HOUR)
    clocks = {clock.kind: clock for clock in ticket.clocks.all()}
    assert clocks["first_response"].state == "met"
    assert clocks["resolution"].state == "paused"
    assert clocks["resolution"].elapsed_s == 3600
    assert ticket.next_due_at == FAR_AHEAD


def test_the_requesters_answer_takes_the_ticket_up_again():
    ticket = make_ticket()
    lifecycle.reply(ticket, by=make_agent(ticket.municipality), body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    lifecycle.answer(ticket, by=ticket.requester, body="Den på gangen.", at=MONDAY + 2 * HOUR)
    assert (ticket.status, ticket.has_answer) == (Status.OPEN, True)
    # Eight hours' target: one used, one paused, five until closing time, two on Tuesday morning.
    assert ticket.next_due_at == MONDAY + 25 * HOUR


def test_a_solved_ticket_may_be_reopened_for_ten_open_days():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.resolve(ticket, by=agent, solution="Ny toner.", at=MONDAY + HOUR)
    first = ticket.first_resolved_at
    lifecycle.reopen(ticket, by=ticket.requester, body="Nej.", at=MONDAY + timedelta(days=14))
    assert (ticket.status, ticket.reopened_count, ticket.first_resolved_at) == (Status.OPEN, 1, first)
    lifecycle.resolve(ticket, by=agent, solution="Igen.", at=MONDAY + timedelta(days=14, hours=1))
    with pytest.raises(lifecycle.TooLateToReopen):
        lifecycle.reopen(ticket, by=ticket.requester, body="Nej.", at=MONDAY + timedelta(days=30))
    assert kinds(ticket)[-1] == "resolved"


@pytest.mark.parametrize("ended", [Status.CANCELLED, Status.MERGED])
def test_nothing_follows_a_ticket_that_was_cancelled_or_merged(ended):
    assert TRANSITIONS[ended] == frozenset()


def test_a_verb_that_is_refused_leaves_nothing_behind():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.cancel(ticket, by=agent, reason=Ticket.CancelReason.SPAM, at=MONDAY + HOUR)
    before = kinds(ticket)
    with pytest.raises(CannotFollow):
        lifecycle.resolve(ticket, by=agent, solution="Ok.", at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    assert (kinds(ticket), ticket.status, ticket.solution) == (before, Status.CANCELLED, "")


def test_every_active_status_may_be_solved_and_cancelled():
    assert all({Status.RESOLVED, Status.CANCELLED} <= TRANSITIONS[status] for status in ACTIVE)


def test_a_vendor_is_handed_the_ticket_and_gives_it_back():
    from tickets.models import Vendor

    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    kmd = Vendor.objects.create(code="kmd", name="KMD")
    lifecycle.wait_for_vendor(ticket, vendor=kmd, by=agent, at=MONDAY + HOUR)
    assert (ticket.status, ticket.vendor) == (Status.WAITING_VENDOR, kmd)
    lifecycle.resume(ticket, by=agent, at=MONDAY + 2 * HOUR)
    assert (ticket.status, ticket.vendor) == (Status.OPEN, None)
    assert kinds(ticket) == ["created", "state", "vendor_handover", "vendor_return", "state"]


def test_moving_to_another_queue_gives_the_ticket_free():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.take(ticket, by=agent, at=MONDAY)
    lifecycle.move(ticket, queue=make_queue("net"), by=agent, at=MONDAY + HOUR)
    assert (ticket.queue.code, ticket.assignee) == ("net", None)


@pytest.mark.parametrize("table", ["tickets_event", "tickets_timeentry", "tickets_clockeffect"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_history_cannot_be_changed(table, statement):
    ticket = make_ticket(urgency=1, at=MONDAY - timedelta(days=7))
    agent = make_agent(ticket.municipality)
    lifecycle.register_time(ticket, by=agent, minutes=10, at=MONDAY)
    with pytest.raises((InternalError, IntegrityError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


def test_a_verb_never_writes_an_event_before_the_last_one():
    ticket = make_ticket()
    lifecycle.note(ticket, by=make_agent(ticket.municipality), body="Uret gik tilbage.", at=MONDAY - HOUR)
    assert [event.at for event in Event.objects.filter(ticket=ticket)] == [MONDAY, MONDAY]


def test_numbers_are_drawn_from_one_series_for_the_whole_desk():
    first, second = make_ticket(make_municipality("Nordby")), make_ticket(make_municipality("Sydby"))
    assert second.number == first.number + 1
