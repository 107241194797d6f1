"""Two tickets about one thing become one, and what their clocks then say."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import MONDAY, make_agent, make_municipality, make_queue, make_ticket
from tests.tickets.sla.test_rebuilding import make_rules
from tickets import lifecycle
from tickets.lifecycle import AlreadyEnded, CannotMerge
from tickets.sla.errors import SlaError
from tickets.sla.rebuilding import differences
from tickets.sla.terms import rulebook
from tickets.status import Status

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def make_pair():
    first = make_ticket()
    second = make_ticket(requester=first.requester, at=MONDAY + 10 * MINUTE)
    return first, second, make_agent(first.municipality)


def states(ticket):
    return {clock.kind: clock.state for clock in ticket.clocks.all()}


@pytest.mark.parametrize("begin_with_the_later", [False, True])
def test_the_ticket_received_first_is_kept_whichever_one_begins_with(begin_with_the_later):
    first, second, agent = make_pair()
    one, other = (second, first) if begin_with_the_later else (first, second)
    assert lifecycle.merge(one, other=other, by=agent, at=MONDAY + 20 * MINUTE) == first
    for ticket in (first, second):
        ticket.refresh_from_db()
        assert differences(ticket, now=MONDAY + 21 * MINUTE, rules=rulebook()) == []
    assert (first.status, second.status, second.merged_into) == (Status.NEW, Status.MERGED, first)
    assert states(first) == {"first_response": "running", "resolution": "running"}
    assert states(second) == {"first_response": "merged", "resolution": "merged"}


def test_what_was_decided_before_keeps_its_result():
    first, second, agent = make_pair()
    lifecycle.reply(second, by=agent, body="Hej.", at=MONDAY + 20 * MINUTE)
    lifecycle.merge(first, other=second, by=agent, at=MONDAY + 30 * MINUTE)
    assert states(second) == {"first_response": "met", "resolution": "merged"}


def test_a_merged_ticket_takes_no_events():
    first, second, agent = make_pair()
    lifecycle.merge(first, other=second, by=agent, at=MONDAY + 20 * MINUTE)
    with pytest.raises(SlaError) as refused:
        lifecycle.note(second, by=agent, body="Hm.", at=MONDAY + 30 * MINUTE)
    assert (refused.value.code, refused.value.reason) == ("BAD_ORDER", "merged")
    with pytest.raises(AlreadyEnded):
        lifecycle.merge(first, other=second, by=agent, at=MONDAY + 40 * MINUTE)


def test_not_with_itself_nor_with_another_municipality():
    first, _, agent = make_pair()
    foreign = make_ticket(municipality=make_municipality("Sydby"))
    for other in (first, foreign):
        with pytest.raises(CannotMerge):
            lifecycle.merge(first, other=other, by=agent)
    assert foreign.events.count() == 1


def test_an_agent_merges_by_number_and_goes_on_with_the_kept_one(client):
    first, second, agent = make_pair()
    client.force_login(agent)
    answer = client.post(reverse("tickets:merge", args=[second.number]), {"number": first.number})
    kept = reverse("tickets:console_ticket", args=[first.number])
    assert (answer.status_code, answer.url) == (302, kept)
    assert f"samlede sag {second.number} i denne" in client.get(kept).content.decode()


def test_a_number_that_one_does_not_work_is_refused_beside_the_field(client):
    first, second, agent = make_pair()
    hidden = make_ticket(requester=first.requester, at=MONDAY)
    lifecycle.move(hidden, queue=make_queue("net"), by=agent, at=MONDAY)
    ended = make_ticket(requester=first.requester, at=MONDAY)
    lifecycle.resolve(ended, by=agent, solution="Ok.", at=MONDAY)
    foreign = make_ticket(municipality=make_municipality("Sydby"))
    client.force_login(agent)
    for number in (hidden.number, ended.number, foreign.number, first.number, 1):
        answer = client.post(reverse("tickets:merge", args=[first.number]), {"number": number})
        assert answer.status_code == 422
        assert "Du arbejder ikke på nogen åben sag" in answer.context["form"].errors["number"][0]
    second.refresh_from_db()
    assert second.status == Status.NEW


def test_the_clocks_within_the_house_are_seen_on_the_ticket(client):
    vendor = make_rules()
    first, _, agent = make_pair()
    lifecycle.wait_for_vendor(first, vendor=vendor, by=agent, at=MONDAY + 20 * MINUTE)
    client.force_login(agent)
    page = client.get(reverse("tickets:console_ticket", args=[first.number]))
    assert [(reading.kind, reading.subject) for reading in page.context["inner"]] == [
        ("ola", "first-line"), ("vendor", "KMD"),
    ]  # fmt: skip
    assert "Leverandørens frist, KMD" in page.content.decode()
