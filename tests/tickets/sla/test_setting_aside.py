"""A clock that cannot be fired: its plan has an instant without a percent, which no effect can be made of."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from servicecenter.audit.models import AuditEntry
from tests.factories import MONDAY, make_agent, make_ticket
from tickets import lifecycle
from tickets.models import Clock, ClockEffect, ClockFailure
from tickets.sla import due
from tickets.sla.due import fire_all
from tickets.sla.setting_aside import try_again

pytestmark = [pytest.mark.django_db, pytest.mark.role("worker")]
MINUTE = timedelta(minutes=1)
LATE = MONDAY + 241 * MINUTE
REASON = 'IntegrityError: null value in column "percent" of relation "tickets_clockeffect" violates not-null constraint'


def make_poison(ticket):
    clock = ticket.clocks.get(kind="first_response")
    Clock.objects.filter(pk=clock.pk).update(plan_percent=[])
    return clock


def make_tickets(count):
    first = make_ticket()
    return [first, *(make_ticket(requester=first.requester) for _ in range(count - 1))]


def effects():
    found = ClockEffect.objects.order_by("ticket_id", "kind", "percent").values_list("ticket_id", "kind", "percent")
    return list(found)


def effects_of(tickets, *, without=()):
    kinds = [("first_response", percent) for percent in (50, 75, 90, 100)] + [("resolution", 50)]
    return [(t.pk, kind, percent) for t in tickets for kind, percent in kinds if (t, kind) not in without]


@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_the_others_are_fired_and_the_poison_is_tried_three_times(batch):
    tickets = make_tickets(7)
    clock = make_poison(tickets[3])
    others = effects_of(tickets, without=[(tickets[3], "first_response")])
    for tries in (1, 2, 3):
        fire_all(now=LATE + (tries - 1) * 2 * MINUTE, batch=batch)
        failure = ClockFailure.objects.get()
        assert (failure.tries, failure.reason, failure.is_set_aside) == (tries, REASON, tries == 3)
        assert effects() == others
    clock.refresh_from_db()
    assert (clock.next_at, len(clock.plan_at)) == (None, 4)
    assert fire_all(now=LATE + 60 * MINUTE, batch=batch) == 0
    assert ClockFailure.objects.get().tries == 3


def test_between_two_tries_a_minute_passes():
    (ticket,) = make_tickets(1)
    make_poison(ticket)
    fire_all(now=LATE)
    fire_all(now=LATE + timedelta(seconds=59))
    assert ClockFailure.objects.get().tries == 1


def mend(clock):
    Clock.objects.filter(pk=clock.pk).update(plan_percent=[50, 75, 90, 100])


def test_what_succeeds_at_a_later_try_is_forgotten_as_a_failure():
    (ticket,) = make_tickets(1)
    clock = make_poison(ticket)
    fire_all(now=LATE)
    mend(clock)
    fire_all(now=LATE + 2 * MINUTE)
    assert effects() == effects_of([ticket])
    assert ClockEffect.objects.get(percent=100).at == MONDAY + 240 * MINUTE
    assert not ClockFailure.objects.exists()


def set_aside(ticket):
    clock = make_poison(ticket)
    for tries in range(3):
        fire_all(now=LATE + tries * 2 * MINUTE)
    return clock


def test_tried_again_by_hand_the_effects_have_their_exact_instants():
    (ticket,) = make_tickets(1)
    clock = set_aside(ticket)
    mend(clock)
    lead = make_agent(ticket.municipality, role="lead")
    try_again(ClockFailure.objects.get(), by=lead, at=LATE + 9 * MINUTE)
    fire_all(now=LATE + 10 * MINUTE)
    assert effects() == effects_of([ticket])
    assert ClockEffect.objects.get(percent=100).at == MONDAY + 240 * MINUTE
    assert not ClockFailure.objects.exists()
    entry = AuditEntry.objects.get(action="clock tried again")
    assert (entry.actor, entry.subject, entry.data["reason"]) == (lead, str(ticket.number), REASON)


def test_tried_again_in_vain_it_is_set_aside_once_more():
    (ticket,) = make_tickets(1)
    set_aside(ticket)
    try_again(ClockFailure.objects.get(), by=make_agent(ticket.municipality), at=LATE + 9 * MINUTE)
    for tries in range(3):
        fire_all(now=LATE + (10 + 2 * tries) * MINUTE)
    assert ClockFailure.objects.get().is_set_aside


def test_a_verb_writes_the_clock_anew_and_so_mends_it():
    (ticket,) = make_tickets(1)
    set_aside(ticket)
    lifecycle.note(ticket, by=make_agent(ticket.municipality), body="Hm.", at=LATE + 9 * MINUTE)
    fire_all(now=LATE + 10 * MINUTE)
    assert effects() == effects_of([ticket])


def test_what_fails_for_a_passing_reason_is_nobodys_fault(monkeypatch):
    make_tickets(2)
    monkeypatch.setattr(due, "_FIRE", "SELECT pg_sleep(9), %(second)s, %(now)s, %(batch)s, %(only)s")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
    with pytest.raises(OperationalError):
        fire_all(now=LATE)
