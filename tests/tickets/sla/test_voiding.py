"""Taking a clock out of the count: who may, what it leaves behind, and what leads see of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import (
    MONDAY,
    make_agent,
    make_municipality,
    make_operator,
    make_person,
    make_queue,
    make_ticket,
    roles,
)
from tickets import lifecycle
from tickets.models import FAR_AHEAD, Clock, ClockFailure, Event
from tickets.sla.due import fire_all
from tickets.sla.rebuilding import differences
from tickets.sla.terms import rulebook
from tickets.sla.voiding import AlreadyVoid, NotASecondPerson

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def resolution(ticket):
    return ticket.clocks.get(kind="resolution")


def a_slip(ticket, agent):
    """Priority 1 by mistake, put right two minutes later: the breach stays."""
    lifecycle.set_priority(ticket, priority=1, by=agent, reason="fejl", at=MONDAY + 120 * MINUTE)
    lifecycle.set_priority(ticket, priority=4, by=agent, reason="rettet", at=MONDAY + 122 * MINUTE)


def test_a_second_person_takes_a_clock_out_of_the_count():
    ticket = make_ticket()
    agent, lead = make_agent(ticket.municipality), make_agent(ticket.municipality, role="lead")
    a_slip(ticket, agent)
    clock = resolution(ticket)
    assert (clock.state, clock.cause, clock.breached_at) == ("breached", "priority_change", MONDAY + 120 * MINUTE)
    lifecycle.void_clock(ticket, clock=clock, by=lead, reason="Slip.", at=MONDAY + 130 * MINUTE)
    clock = resolution(ticket)
    assert (clock.state, clock.void_reason, clock.next_at) == ("void", "Slip.", None)
    event = Event.objects.get(ticket=ticket, kind="void")
    assert (event.actor, event.data) == (lead, {"clock": "resolution", "cycle": 1, "reason": "Slip."})
    assert differences(ticket, now=MONDAY + 130 * MINUTE, rules=rulebook()) == []


def test_a_clock_out_of_the_count_does_not_order_the_queue():
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    for clock in ticket.clocks.all():
        lifecycle.void_clock(ticket, clock=clock, by=lead, reason="Slip.", at=MONDAY + MINUTE)
    assert ticket.next_due_at == FAR_AHEAD


def deeds():
    return {
        "filed": lambda ticket, by: Event.objects.record(ticket, "created", by=by, at=MONDAY),
        "replied": lambda ticket, by: lifecycle.reply(ticket, by=by, body="Hej.", at=MONDAY + MINUTE),
        "changed the priority": lambda ticket, by: lifecycle.set_priority(
            ticket, priority=1, by=by, reason="x", at=MONDAY + MINUTE
        ),
        "let it wait": lambda ticket, by: lifecycle.wait_for_requester(ticket, by=by, at=MONDAY + MINUTE),
        "moved it": lambda ticket, by: lifecycle.move(ticket, queue=make_queue("net"), by=by, at=MONDAY + MINUTE),
        "assigned it": lambda ticket, by: lifecycle.assign(ticket, to=None, by=by, at=MONDAY + MINUTE),
        "solved it": lambda ticket, by: lifecycle.resolve(ticket, by=by, solution="Ok.", at=MONDAY + MINUTE),
    }


@pytest.mark.parametrize("deed", [name for name in deeds() if name != "filed"])
def test_who_has_done_something_on_the_ticket_may_not(deed):
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    deeds()[deed](ticket, lead)
    with pytest.raises(NotASecondPerson):
        lifecycle.void_clock(ticket, clock=resolution(ticket), by=lead, reason="x", at=MONDAY + 2 * MINUTE)
    assert resolution(ticket).state != "void"
    assert not ticket.events.filter(kind="void").exists()


def test_nor_may_who_has_the_ticket_or_filed_it():
    ticket = make_ticket()
    agent, lead = make_agent(ticket.municipality), make_agent(ticket.municipality, role="lead")
    lifecycle.assign(ticket, to=lead, by=agent, at=MONDAY + MINUTE)
    for person in (lead, ticket.requester):
        with pytest.raises(NotASecondPerson):
            lifecycle.void_clock(ticket, clock=resolution(ticket), by=person, reason="x", at=MONDAY + 2 * MINUTE)


def test_a_note_is_no_part_in_the_ticket():
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    lifecycle.note(ticket, by=lead, body="Hm.", at=MONDAY + MINUTE)
    lifecycle.void_clock(ticket, clock=resolution(ticket), by=lead, reason="x", at=MONDAY + 2 * MINUTE)
    assert resolution(ticket).state == "void"


def test_once_is_enough():
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    lifecycle.void_clock(ticket, clock=resolution(ticket), by=lead, reason="x", at=MONDAY + MINUTE)
    with pytest.raises(AlreadyVoid):
        lifecycle.void_clock(ticket, clock=resolution(ticket), by=lead, reason="y", at=MONDAY + 2 * MINUTE)
    assert resolution(ticket).void_reason == "x"


@pytest.mark.role("worker")
def test_a_clock_out_of_the_count_is_never_fired():
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    lifecycle.void_clock(ticket, clock=resolution(ticket), by=lead, reason="x", at=MONDAY + MINUTE)
    fire_all(now=MONDAY + timedelta(days=9))
    assert not ticket.clock_effects.filter(kind="resolution").exists()
    assert ticket.clock_effects.filter(kind="first_response").count() == 4


def test_the_ticket_withdrawn_before_the_first_reply_leaves_the_count_by_itself():
    ticket, other = make_ticket(), None
    agent = make_agent(ticket.municipality)
    other = make_ticket(requester=ticket.requester)
    lifecycle.reply(other, by=agent, body="Hej.", at=MONDAY + MINUTE)
    for withdrawn in (ticket, other):
        lifecycle.cancel(withdrawn, by=agent, reason="withdrawn", at=MONDAY + 2 * MINUTE)
    assert {clock.state for clock in ticket.clocks.all()} == {"void"}
    assert {clock.void_reason for clock in ticket.clocks.all()} == {
        "Cancelled by the requester before the first reply."
    }
    assert {clock.state for clock in other.clocks.all()} == {"met"}


def post(client, ticket, **data):
    return client.post(reverse("tickets:void_clock", args=[ticket.number]), data)


def test_a_lead_takes_a_clock_out_on_its_page_and_the_ticket_tells(client):
    ticket = make_ticket()
    agent, lead = make_agent(ticket.municipality), make_agent(ticket.municipality, role="lead")
    a_slip(ticket, agent)
    client.force_login(lead)
    page = client.get(reverse("tickets:console_ticket", args=[ticket.number]))
    assert reverse("tickets:void_clock", args=[ticket.number]) in page.content.decode()
    form = client.get(reverse("tickets:void_clock", args=[ticket.number])).context["form"]
    labels = [label for _, label in form.fields["clock"].choices]
    assert labels == [
        "Første svar · overskredet · ved ændret prioritet · 2 t. 02 af 4 t. 00 ved seneste ændring",
        "Løsning · overskredet · ved ændret prioritet · 2 t. 02 af 8 t. 00 ved seneste ændring",
    ]
    answer = post(client, ticket, clock=resolution(ticket).pk, reason="Tastefejl.")
    assert answer.status_code == 302
    assert resolution(ticket).state == "void"
    page = client.get(reverse("tickets:console_ticket", args=[ticket.number])).content.decode()
    assert "tog uret »Løsning« ud af opgørelsen: Tastefejl." in page


def test_without_a_reason_or_as_part_taker_nothing_is_written(client):
    ticket = make_ticket()
    lead = make_agent(ticket.municipality, role="lead")
    client.force_login(lead)
    assert post(client, ticket, clock=resolution(ticket).pk, reason="").status_code == 422
    lifecycle.set_priority(ticket, priority=1, by=lead, reason="x", at=MONDAY + MINUTE)
    answer = post(client, ticket, clock=resolution(ticket).pk, reason="x")
    assert answer.status_code == 409
    assert "Du har selv arbejdet på sagen" in answer.content.decode()
    assert not Event.objects.filter(kind="void").exists()


def test_only_a_lead_of_the_municipality_and_the_queue_has_the_page(client):
    ticket = make_ticket()
    sydby = make_municipality("Sydby")
    strangers = [
        make_agent(ticket.municipality),
        make_agent(sydby, role="lead"),
        make_agent(ticket.municipality, role="lead", queues=[make_queue("net")]),
        ticket.requester,
    ]
    for person in strangers:
        client.force_login(person)
        assert client.get(reverse("tickets:void_clock", args=[ticket.number])).status_code == 404
        assert post(client, ticket, clock=resolution(ticket).pk, reason="x").status_code == 404
    assert resolution(ticket).state == "running"


def a_failure(ticket):
    clock = ticket.clocks.get(kind="first_response")
    Clock.objects.filter(pk=clock.pk).update(next_at=None)
    return ClockFailure.objects.create(
        municipality=ticket.municipality, ticket=ticket, kind="first_response", cycle=1, tries=3,
        reason="DataError: no", failed_at=MONDAY, is_set_aside=True,
    )  # fmt: skip


def make_administrator(municipality):
    person = make_person(make_operator())
    roles.give(person, "administrator", municipalities=[municipality])
    return person


@pytest.mark.parametrize("role", ["lead", "administrator"])
def test_what_is_set_aside_is_seen_and_tried_again(client, role):
    ticket, foreign = make_ticket(), make_ticket(municipality=make_municipality("Sydby"))
    failure, _ = a_failure(ticket), a_failure(foreign)
    make = {
        "lead": lambda: make_agent(ticket.municipality, role="lead"),
        "administrator": lambda: make_administrator(ticket.municipality),
    }
    client.force_login(make[role]())
    page = client.get(reverse("tickets:clocks"))
    assert page.context["failures"] == [failure]
    assert "DataError: no" in page.content.decode()
    assert client.post(reverse("tickets:try_clocks_again"), {"failure": failure.pk}).status_code == 302
    clock = ticket.clocks.get(kind="first_response")
    assert clock.next_at == clock.plan_at[0]
    assert list(ClockFailure.objects.values_list("ticket", flat=True)) == [foreign.pk]


def test_all_of_them_are_tried_again_at_once_but_nobody_elses(client):
    ticket, foreign = make_ticket(), make_ticket(municipality=make_municipality("Sydby"))
    second = make_ticket(requester=ticket.requester)
    for each in (ticket, second, foreign):
        a_failure(each)
    client.force_login(make_agent(ticket.municipality, role="lead"))
    client.post(reverse("tickets:try_clocks_again"))
    assert list(ClockFailure.objects.values_list("ticket", flat=True)) == [foreign.pk]


def test_clocks_out_of_the_count_are_counted_and_shown(client, asked):
    ticket = make_ticket()
    lead, other = make_agent(ticket.municipality, role="lead"), make_agent(ticket.municipality, role="lead")
    for each in [ticket, *(make_ticket(requester=ticket.requester) for _ in range(3))]:
        lifecycle.void_clock(each, clock=resolution(each), by=lead, reason="Slip.")
    client.force_login(other)
    with asked(at_most=12):
        page = client.get(reverse("tickets:clocks"))
    assert len(page.context["voids"]) == 4
    assert "4 ure taget ud af opgørelsen de seneste 90 dage" in page.content.decode()


def test_an_agent_has_no_page_of_clocks(client):
    ticket = make_ticket()
    client.force_login(make_agent(ticket.municipality))
    assert client.get(reverse("tickets:clocks")).status_code == 404
    assert client.post(reverse("tickets:try_clocks_again")).status_code == 404
