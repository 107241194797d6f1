"""Which open tickets get another due time, and that they get it."""

from datetime import UTC, datetime, timedelta

import pytest

from servicecenter import time_source
from tests.factories import MONDAY
from tests.municipalities.governance.world import LATER, MIDNIGHT, Together
from tickets import lifecycle, tasks
from tickets.models import Clock, ClockEffect, ClockFailure, Event, Replanning
from tickets.sla.administration import replanning
from tickets.sla.due import fire_all, outdated
from tickets.sla.errors import SlaError
from tickets.sla.keeping import reading_of

pytestmark = pytest.mark.django_db
TUESDAY_NINE = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
TUESDAY_ELEVEN = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def together():
    return Together()


def adopt(together, proposal):
    for member in together.members:
        together.decide(proposal, member)


def test_old_and_new_due_times_are_exact_and_what_falls_due_before_stays(together):
    ticket = together.ticket(together.egedal)
    proposal = together.propose()
    (detail,) = proposal.details.filter(municipality=together.egedal)
    assert detail.content == [
        {
            "number": ticket.number,
            "clock": "resolution",
            "subject": "",
            "old": TUESDAY_NINE.isoformat(),
            "new": TUESDAY_ELEVEN.isoformat(),
        }
    ]


def test_a_paused_and_a_solved_ticket_have_no_due_time_to_move(together):
    paused, solved = together.ticket(together.egedal), together.ticket(together.egedal)
    lifecycle.wait_for_requester(paused, by=together.amir, at=MONDAY + timedelta(minutes=30))
    lifecycle.resolve(solved, by=together.amir, solution="Ok.", at=MONDAY + timedelta(minutes=30))
    effect = together.propose().effect["240"]
    assert effect == {"tickets": 1, "moved": 0, "earlier": 0, "later": 0}


def test_a_longer_day_makes_due_times_earlier(together):
    together.ticket(together.egedal)
    weekly = {key: [["07:00", "16:00"]] for key in ("mon", "tue", "wed", "thu", "fri")}
    effect = together.propose(change=together.change(weekly=weekly)).effect["240"]
    assert effect == {"tickets": 1, "moved": 1, "earlier": 1, "later": 0}


def test_after_the_adoption_the_clocks_are_as_the_effect_said(together):
    ticket = together.ticket(together.egedal)
    proposal = together.propose()
    adopt(together, proposal)
    resolution = Clock.objects.get(ticket=ticket, kind="resolution")
    assert resolution.due_at == TUESDAY_NINE

    assert replanning.replan_waiting(now=LATER) == 1

    resolution.refresh_from_db()
    ticket.refresh_from_db()
    assert resolution.due_at == TUESDAY_ELEVEN
    (reading,) = [r for r in reading_of(ticket.events.order_by("id"), now=LATER).clocks if r.kind == "resolution"]
    assert (reading.due_at, [e.at for e in reading.schedule]) == (resolution.due_at, resolution.plan_at)
    assert Replanning.objects.get().tickets == 1
    assert replanning.replan_waiting(now=LATER) == 0  # once is enough


def test_stopped_in_the_middle_it_goes_on_from_there(together, monkeypatch):
    tickets = [together.ticket(member) for member in together.members]
    adopt(together, together.propose())
    monkeypatch.setattr(replanning, "BATCH", 1)
    real, seen = replanning._keep_all, []

    def keep_all(batch, now):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.extend(batch)
        real(batch, now)

    monkeypatch.setattr(replanning, "_keep_all", keep_all)
    with pytest.raises(KeyboardInterrupt):
        replanning.replan_waiting(now=LATER)
    assert Replanning.objects.get().done_at is None
    monkeypatch.setattr(replanning, "_keep_all", lambda batch, now: (seen.extend(batch), real(batch, now)))
    replanning.replan_waiting(now=LATER)
    assert (seen, Replanning.objects.get().tickets) == ([ticket.pk for ticket in tickets], 3)


@pytest.mark.role("worker")
def test_no_worker_ran_until_after_the_first_day_and_still_no_old_plan_fires(together, monkeypatch):
    """The desk opens at ten from Tuesday on; the old plan would have been breached at nine."""
    ticket, paid = together.ticket(together.egedal), together.ticket(together.egedal)
    adopt(together, together.propose())
    at = TUESDAY_NINE + timedelta(hours=1)
    assert fire_all(now=at) == 0
    assert not ClockEffect.objects.exists()
    monkeypatch.setattr(time_source, "now", lambda: at)
    tasks.fire_due_clocks()
    effects = ClockEffect.objects.filter(ticket=ticket, kind="resolution").order_by("percent")
    percents = [
        (50, MONDAY + timedelta(hours=4)),
        (75, MONDAY + timedelta(hours=6)),
        (90, TUESDAY_NINE + timedelta(minutes=72)),
    ]
    assert list(effects.values_list("percent", "at")) == [step for step in percents if step[1] < at]
    tasks_at = TUESDAY_ELEVEN + timedelta(minutes=1)
    monkeypatch.setattr(time_source, "now", lambda: tasks_at)
    tasks.fire_due_clocks()
    assert ClockEffect.objects.get(ticket=paid, kind="resolution", percent=100).at == TUESDAY_ELEVEN


def test_before_its_first_day_a_new_version_holds_nothing_up(together):
    adopt(together, together.propose())
    assert outdated(now=MIDNIGHT - timedelta(seconds=1)) == []
    assert outdated(now=MIDNIGHT) == ["desk"]
    replanning.replan_waiting(now=MIDNIGHT)
    assert outdated(now=MIDNIGHT) == []


def test_a_ticket_that_cannot_be_read_is_told_of_and_the_others_are_planned_anew(together):
    poisoned, sound = together.ticket(together.egedal), together.ticket(together.egedal)
    adopt(together, together.propose())
    Event.objects.create(municipality=together.egedal, ticket=poisoned, kind="state", at=LATER, data={"to": "flying"})

    replanning.replan_waiting(now=LATER)

    assert Clock.objects.get(ticket=sound, kind="resolution").due_at == TUESDAY_ELEVEN
    assert [failure.ticket for failure in ClockFailure.objects.all()] == [poisoned]
    assert Replanning.objects.get().done_at == LATER


@pytest.mark.parametrize(
    ("weekly", "code"),
    [
        ({"mon": [["10:00", "09:00"]]}, "BAD_INTERVAL"),
        ({"mon": [["08:00", "12:00"], ["11:00", "16:00"]]}, "BAD_INTERVAL"),
        ({"man": [["08:00", "12:00"]]}, "BAD_INTERVAL"),
        ({}, "NO_OPENING"),
    ],
)
def test_what_the_law_refuses_is_never_proposed(together, weekly, code):
    with pytest.raises(SlaError) as refused:
        together.propose(change=together.change(weekly=weekly))
    assert refused.value.code == code


def test_two_versions_never_begin_on_one_day(together):
    adopt(together, together.propose())
    with pytest.raises(SlaError) as refused:
        together.propose()
    assert refused.value.code == "OVERLAP"


def test_the_instant_and_the_day_agree(together):
    with pytest.raises(SlaError) as refused:
        together.propose(takes_effect_at=MIDNIGHT + timedelta(hours=1))
    assert refused.value.code == "BAD_TIME"
