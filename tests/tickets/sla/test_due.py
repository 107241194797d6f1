from datetime import timedelta

import pytest

from tests.factories import MONDAY, make_ticket
from tickets.sla.due import fire_all, fire_batch
from tickets.sla.keeping import keep_clocks
from tickets.sla.models import Clock, ClockEffect

# The worker sees clocks and effects of all municipalities; the test's own scope shows it the rest.
pytestmark = [pytest.mark.django_db, pytest.mark.role("worker")]


def effects(ticket):
    return list(ClockEffect.objects.filter(ticket=ticket).order_by("at", "kind").values_list("kind", "percent", "at"))


def minutes(count):
    return MONDAY + timedelta(minutes=count)


def test_what_is_due_is_fired_once_at_its_exact_instant():
    ticket = make_ticket()  # priority 4: answer within 240, solution within 480 open minutes
    late = minutes(241) + timedelta(seconds=30)
    assert fire_all(now=late) == 5
    assert effects(ticket) == [
        ("first_response", 50, minutes(120)),
        ("first_response", 75, minutes(180)),
        ("first_response", 90, minutes(216)),
        ("first_response", 100, minutes(240)),
        ("resolution", 50, minutes(240)),
    ]
    assert fire_all(now=late) == 0
    clock = Clock.objects.get(ticket=ticket, kind="first_response")
    assert (clock.state, clock.breached_at, clock.next_at, clock.plan_at) == ("breached", minutes(240), None, [])


def test_firing_late_writes_the_same_rows_as_replaying_the_events():
    ticket = make_ticket()
    late = MONDAY + timedelta(days=9)
    fire_all(now=late)
    fired = list(Clock.objects.filter(ticket=ticket).order_by("kind").values())
    before = effects(ticket)
    keep_clocks(ticket, at=late)
    assert list(Clock.objects.filter(ticket=ticket).order_by("kind").values()) == fired
    assert effects(ticket) == before


def test_a_batch_takes_no_more_than_it_may():
    requester = make_ticket().requester
    for _ in range(2):
        make_ticket(requester=requester)
    assert fire_batch(now=MONDAY + timedelta(days=30), batch=4)[0] == 4
