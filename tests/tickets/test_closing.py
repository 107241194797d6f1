"""What was solved and not reopened is closed by the desk itself."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import MONDAY, make_agent, make_municipality, make_ticket, see
from tickets import lifecycle
from tickets.closing import close_solved
from tickets.models import Event, Ticket
from tickets.notifications.models import Occasion
from tickets.status import Status

pytestmark = pytest.mark.django_db
# Solved on Monday 2 November; the tenth open day after it is Monday 16 November.
LAST_SECOND = datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC)
OVER = LAST_SECOND + timedelta(seconds=1)


@pytest.fixture
def solved():
    ticket = make_ticket(at=MONDAY)
    lifecycle.resolve(ticket, by=make_agent(ticket.municipality), solution="Ny patron", at=MONDAY)
    Occasion.objects.all().delete()
    return ticket


def status(ticket):
    ticket.refresh_from_db()
    return ticket.status


def closings(ticket):
    return list(ticket.events.filter(kind="closed").values_list("actor", "at"))


def test_it_is_closed_after_the_last_day_to_reopen_and_not_before(solved):
    assert close_solved(now=LAST_SECOND) == 0
    assert status(solved) == Status.RESOLVED
    assert close_solved(now=OVER) == 1
    assert (status(solved), solved.closed_at) == (Status.CLOSED, OVER)
    assert closings(solved) == [(None, OVER)]
    assert [occasion.kind for occasion in Occasion.objects.all()] == ["closed"]


def test_closing_again_changes_nothing(solved):
    close_solved(now=OVER)
    assert close_solved(now=OVER) == 0
    assert len(closings(solved)) == 1


def test_the_days_are_a_setting(solved, settings):
    settings.REOPEN_OPEN_DAYS = 1
    assert close_solved(now=MONDAY + timedelta(days=1, hours=16)) == 1


def test_a_reopened_ticket_stays_open(solved):
    lifecycle.reopen(solved, by=solved.requester, body="Stadig ikke", at=MONDAY + timedelta(days=1))
    assert close_solved(now=OVER) == 0
    assert status(solved) == Status.OPEN


def test_a_ticket_that_was_reopened_since_it_was_found_is_left_alone(solved):
    found = Ticket.objects.get(pk=solved.pk)
    lifecycle.reopen(solved, by=solved.requester, body="Stadig ikke", at=LAST_SECOND)
    assert lifecycle.close_unless_reopened(found, at=OVER) is False
    assert status(solved) == Status.OPEN
    assert closings(solved) == []


def test_what_ended_long_ago_is_closed_without_a_word(solved):
    assert close_solved(now=OVER + timedelta(days=30)) == 1
    assert len(closings(solved)) == 1
    assert not Occasion.objects.exists()


def test_all_municipalities_are_served_and_others_untouched(solved):
    south = make_municipality("Sydby")
    see(south)
    other = make_ticket(south, at=MONDAY)
    lifecycle.resolve(other, by=make_agent(south), solution="Ok", at=MONDAY)
    fresh = make_ticket(south, at=OVER)
    lifecycle.resolve(fresh, by=make_agent(south), solution="Ok", at=OVER)
    assert close_solved(now=OVER) == 2
    assert [status(ticket) for ticket in (solved, other, fresh)] == ["closed", "closed", "resolved"]
    assert Event.objects.filter(kind="closed").count() == 2


def test_many_are_closed_in_batches(solved, monkeypatch):
    monkeypatch.setattr("tickets.closing.BATCH", 2)
    for _ in range(4):
        ticket = make_ticket(requester=solved.requester, at=MONDAY)
        lifecycle.resolve(ticket, by=make_agent(solved.municipality), solution="Ok", at=MONDAY)
    assert close_solved(now=OVER) == 5
