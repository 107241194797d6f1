"""J1 in the database: whatever happens and whenever the worker comes by, the stored rows are what the events say."""

from contextlib import contextmanager, suppress
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecenter.errors import RuleBroken
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import MONDAY, TERMS, make_agent, make_agreement, make_calendar, make_queue, make_ticket
from tests.tickets.sla.plain import EVERY_DAY
from tickets import lifecycle
from tickets.management.commands import rebuild_clocks
from tickets.models import Clock, ClockEffect, Event, Ticket, Vendor
from tickets.sla.due import fire_all
from tickets.sla.errors import SlaError
from tickets.sla.rebuilding import differences, examine
from tickets.sla.terms import rulebook

pytestmark = [pytest.mark.django_db, pytest.mark.role("worker")]

EVERY_CLOCK = TERMS | {
    "timers": TERMS["timers"] | {"next_update": {"calendar": "desk", "target_minutes": {"3": 60, "4": 120, "5": 240}}},
    "calendar_by_priority": {"1": "always"},
    "pause_states": {"resolution": ["waiting_requester", "waiting_planned"], "next_update": ["waiting_requester"]},
    "ola": {
        "first-line": {"calendar": "desk", "target_minutes": 60},
        "net": {"calendar": "desk", "target_minutes": 90},
    },
    "vendors": {"kmd": {"calendar": "desk", "target_minutes": 120}},
}
MINUTE = timedelta(minutes=1)


def make_rules():
    make_calendar("always", {day: [["00:00", "24:00"]] for day in EVERY_DAY})
    make_agreement(terms=EVERY_CLOCK)
    return Vendor.objects.get_or_create(code="kmd", defaults={"name": "KMD"})[0]


def desk_verbs(vendor):
    """What an agent or the requester may do next; the name tells a failing example."""
    return {
        "reply": lambda ticket, by, at: lifecycle.reply(ticket, by=by, body="Hej.", at=at),
        "reply and wait": lambda ticket, by, at: lifecycle.reply(ticket, by=by, body="Hvad?", and_wait=True, at=at),
        "note": lambda ticket, by, at: lifecycle.note(ticket, by=by, body="Hm.", at=at),
        "answer": lambda ticket, by, at: lifecycle.answer(ticket, by=ticket.requester, body="Ja.", at=at),
        "plan": lambda ticket, by, at: lifecycle.wait_for_planned(ticket, planned_at=at, by=by, at=at),
        "vendor": lambda ticket, by, at: lifecycle.wait_for_vendor(ticket, vendor=vendor, by=by, at=at),
        "third party": lambda ticket, by, at: lifecycle.wait_for_third_party(ticket, by=by, at=at),
        "resume": lambda ticket, by, at: lifecycle.resume(ticket, by=by, at=at),
        "move": lambda ticket, by, at: lifecycle.move(ticket, queue=make_queue("net"), by=by, at=at),
        "move back": lambda ticket, by, at: lifecycle.move(ticket, queue=make_queue(), by=by, at=at),
        "raise": lambda ticket, by, at: lifecycle.set_priority(ticket, priority=1, reason="x", by=by, at=at),
        "lower": lambda ticket, by, at: lifecycle.set_priority(ticket, priority=5, reason="x", by=by, at=at),
        "resolve": lambda ticket, by, at: lifecycle.resolve(ticket, by=by, solution="Ok.", at=at),
        "reopen": lambda ticket, by, at: lifecycle.reopen(ticket, by=by, body="Nej.", at=at),
        "cancel": lambda ticket, by, at: lifecycle.cancel(ticket, by=by, reason="withdrawn", at=at),
    }


STEPS = st.lists(
    st.tuples(st.sampled_from([*desk_verbs(None), "worker", "worker"]), st.sampled_from([0, 1, 30, 61, 240, 1440])),
    min_size=1,
    max_size=10,
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_j1_clocks_rebuilt_from_the_events_equal_the_stored_ones(steps):
    with an_own_transaction():
        ticket, at = live(steps)
        assert differences(ticket, now=at, rules=rulebook()) == []
        later = at + timedelta(days=3)
        fire_all(now=later)
        assert differences(Ticket.objects.get(pk=ticket.pk), now=later, rules=rulebook()) == []


@contextmanager
def an_own_transaction():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def live(steps):
    verbs = desk_verbs(make_rules())
    ticket, at = make_ticket(), MONDAY
    agent = make_agent(ticket.municipality)
    for name, minutes in steps:
        at += timedelta(minutes=minutes)
        if name == "worker":
            fire_all(now=at)
        else:
            with suppress(RuleBroken), transaction.atomic():
                verbs[name](ticket, agent, at)
            ticket.refresh_from_db()
    return Ticket.objects.get(pk=ticket.pk), at


def test_what_falls_in_the_second_of_an_event_waits_until_it_is_over():
    """Half of the time is used up at the very second in which the priority is raised by mistake, and put right."""
    ticket = make_ticket()  # 480 open minutes
    agent, at = make_agent(ticket.municipality), MONDAY + 240 * MINUTE
    lifecycle.reply(ticket, by=agent, body="Hej.", at=at)
    lifecycle.set_priority(ticket, priority=1, by=agent, reason="x", at=at)
    resolution = ticket.clocks.get(kind="resolution")
    assert (resolution.state, resolution.next_at) == ("breached", at)
    lifecycle.set_priority(ticket, priority=4, by=agent, reason="x", at=at)
    fire_all(now=at)
    assert not ticket.clock_effects.filter(kind="resolution").exists()
    fire_all(now=at + timedelta(seconds=1))
    effects = ticket.clock_effects.filter(kind="resolution").values_list("percent", "at")
    assert list(effects) == [(50, at)]


def test_a_breach_fired_at_the_next_opening_leaves_the_due_instant_at_closing_time():
    ticket = make_ticket(impact=2, urgency=3)  # priority 4: 480 open minutes from 9 o'clock: 9 on Tuesday
    closing = MONDAY + timedelta(hours=7)
    lifecycle.set_priority(ticket, priority=3, by=make_agent(ticket.municipality), reason="x", at=MONDAY + 60 * MINUTE)
    lifecycle.wait_for_planned(ticket, planned_at=MONDAY, by=ticket.requester, at=MONDAY + 120 * MINUTE)
    lifecycle.resume(ticket, by=ticket.requester, at=MONDAY + 300 * MINUTE)  # of 240 minutes 120 are left: 16 o'clock
    clock = ticket.clocks.get(kind="resolution")
    assert clock.due_at == closing
    opening = MONDAY + timedelta(hours=23)
    fire_all(now=opening + MINUTE)
    clock.refresh_from_db()
    assert (clock.breached_at, clock.due_at) == (opening, None)
    first_reply = ticket.clocks.get(kind="first_response").breached_at
    lifecycle.reply(ticket, by=ticket.requester, body="Hej.", at=opening + 2 * MINUTE)
    assert first_reply < closing
    assert ticket.next_due_at == closing


def test_the_same_ticket_read_earlier_and_later_has_one_next_due_instant():
    make_rules()
    ticket = make_ticket()
    due = ticket.next_due_at
    for minutes in (10, 61, 200, 500, 5000):
        fire_all(now=MONDAY + minutes * MINUTE)
        (found,) = examine([ticket], now=MONDAY + minutes * MINUTE, rules=rulebook())
        assert (found.differences, ticket.next_due_at) == ([], due)


def test_only_one_next_due_instant_is_right():
    ticket = make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=ticket.next_due_at + MINUTE)
    (found,) = differences(Ticket.objects.get(pk=ticket.pk), now=MONDAY, rules=rulebook())
    assert found.what == "next due"


def test_every_clock_of_the_law_is_a_row_of_its_ticket():
    vendor = make_rules()
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.reply(ticket, by=agent, body="Hej.", at=MONDAY + 10 * MINUTE)
    lifecycle.move(ticket, queue=make_queue("net"), by=agent, at=MONDAY + 20 * MINUTE)
    lifecycle.wait_for_vendor(ticket, vendor=vendor, by=agent, at=MONDAY + 30 * MINUTE)
    lifecycle.set_priority(ticket, priority=1, reason="x", by=agent, at=MONDAY + 40 * MINUTE)
    rows = ticket.clocks.order_by("id").values_list("kind", "cycle", "subject", "state", "calendar", "target_s")
    assert sorted(rows) == [
        ("first_response", 1, "", "met", "desk", 240 * 60),
        ("next_update", 1, "", "no_target", "always", None),
        ("ola", 1, "first-line", "met", "desk", 60 * 60),
        ("ola", 2, "net", "running", "desk", 90 * 60),
        ("resolution", 1, "", "running", "always", 60 * 60),
        ("vendor", 1, "kmd", "running", "desk", 120 * 60),
    ]


def command(*arguments):
    out = StringIO()
    call_command("rebuild_clocks", *arguments, stdout=out)
    return out.getvalue().splitlines()


def spoil(ticket):
    Clock.objects.filter(ticket=ticket, kind="resolution").update(elapsed_s=7)


def test_the_check_reports_every_difference_and_changes_nothing():
    ticket = make_ticket()
    other = make_ticket(requester=ticket.requester)
    spoil(ticket)
    before = list(Clock.objects.order_by("id").values())
    out = StringIO()
    with pytest.raises(CommandError, match="differ from the events"):
        call_command("rebuild_clocks", "--check", stdout=out)
    assert f"{ticket.number}: resolution 1 elapsed_s: stored 7, by its events 0" in out.getvalue().splitlines()
    assert str(other.number) not in out.getvalue().replace(str(ticket.number), "")
    assert list(Clock.objects.order_by("id").values()) == before
    assert not ClockEffect.objects.exists()


def test_one_ticket_is_put_right_and_the_others_are_left():
    ticket = make_ticket()
    other = make_ticket(requester=ticket.requester)
    spoil(ticket)
    spoil(other)
    command("--ticket", str(ticket.number))
    elapsed = {clock.ticket_id: clock.elapsed_s for clock in Clock.objects.filter(kind="resolution")}
    assert elapsed == {ticket.pk: 0, other.pk: 7}


def test_a_ticket_that_is_not_there_is_told():
    with pytest.raises(CommandError, match="There is no ticket 1"):
        command("--ticket", "1")


def lived_in():
    """A ticket with every kind of clock, warnings and breaches, and one that is solved."""
    vendor = make_rules()
    ticket = make_ticket()
    other = make_ticket(requester=ticket.requester)
    agent = make_agent(ticket.municipality)
    lifecycle.wait_for_vendor(ticket, vendor=vendor, by=agent, at=MONDAY + 30 * MINUTE)
    lifecycle.reply(other, by=agent, body="Hej.", at=MONDAY + 600 * MINUTE)
    lifecycle.resolve(other, by=agent, solution="Ok.", at=MONDAY + 900 * MINUTE)


def stored_rows():
    clocks = Clock.objects.order_by("ticket_id", "kind", "cycle").values_list(*[f.name for f in Clock._meta.fields[1:]])
    effects = ClockEffect.objects.order_by("ticket_id", "kind", "cycle", "percent")
    tickets = Ticket.objects.order_by("pk").values_list("pk", "next_due_at")
    return list(clocks), list(effects.values_list("ticket_id", "kind", "cycle", "percent", "at")), list(tickets)


def lose_the_clocks():
    Clock.objects.all().delete()
    Ticket.objects.update(next_due_at=MONDAY)


def test_made_anew_from_nothing_every_row_is_as_the_worker_would_have_left_it():
    lived_in()
    effects = ClockEffect.objects.count()
    with an_own_transaction():
        fire_all(now=timezone.now())
        wanted = stored_rows()
    assert len(wanted[1]) > effects
    lose_the_clocks()
    command()
    assert stored_rows() == wanted


def test_a_clock_nobody_has_heard_of_goes_and_a_changed_one_is_put_right():
    ticket = make_ticket()
    before = stored_rows()
    spoil(ticket)
    stranger = Clock.objects.get(ticket=ticket, kind="resolution")
    stranger.pk, stranger.cycle = None, 7
    stranger.save(force_insert=True)
    command()
    assert stored_rows() == before


def desk_without_clocks():
    """Written for good, so that other processes see it. Returns its municipality and the rows as they were."""
    with tenant_scope():
        lived_in()
        fire_all(now=timezone.now())
        before = stored_rows()
        lose_the_clocks()
        return Ticket.objects.first().municipality_id, before


@pytest.mark.django_db(transaction=True)
def test_several_processes_share_the_tickets_and_tell_all_they_found(monkeypatch):
    monkeypatch.setattr(rebuild_clocks, "BATCH", 1)
    municipality, before = desk_without_clocks()
    lines = command("--processes", "2")
    with tenant_scope(municipality):
        assert stored_rows() == before
        numbers = list(Ticket.objects.order_by("pk").values_list("number", flat=True))
    assert list(dict.fromkeys(line.partition(":")[0] for line in lines[:-1])) == [str(number) for number in numbers]
    assert lines[-1] == f"2 tickets replayed, {len(lines) - 1} differences put right."
    assert command("--check", "--processes", "2") == ["2 tickets replayed, 0 differences found."]


@pytest.mark.django_db(transaction=True)
def test_what_one_process_cannot_read_ends_the_command_with_its_reason(monkeypatch):
    monkeypatch.setattr(rebuild_clocks, "BATCH", 1)
    municipality, _before = desk_without_clocks()
    with tenant_scope(municipality):
        told = {"municipality_id": municipality, "kind": "policy", "at": timezone.now(), "data": {"to": "lost@1"}}
        Event.objects.create(ticket=Ticket.objects.first(), **told)
    with pytest.raises(SlaError) as refused:
        command("--processes", "2")
    assert refused.value.code == "UNKNOWN_POLICY"


def test_no_process_is_no_way_to_work():
    with pytest.raises(CommandError, match="At least one process"):
        command("--processes", "0")
