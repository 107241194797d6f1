"""One verb on the tickets selected in a queue: each is done on its own, and what was not done is told."""

import html
import re

import pytest
from django.urls import reverse

from tests.factories import make_agent, make_municipality, make_queue, make_requester, make_ticket
from tickets import lifecycle
from tickets.models import Ticket
from tickets.status import Status

pytestmark = pytest.mark.django_db
VERBS = ["take_many", "assign_many", "move_many", "set_priority_many", "note_many"]


def address(name):
    return reverse(f"tickets:{name}")


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def sara(client, nordby):
    agent = make_agent(nordby, queues=[make_queue(), make_queue("net")], name="Sara Lindqvist")
    client.force_login(agent)
    return agent


@pytest.fixture
def tickets(nordby):
    return [make_ticket(nordby) for _number in range(3)]


def send(client, name, tickets, **data):
    return client.post(address(name), {"ticket": [ticket.number for ticket in tickets], "go": "1"} | data, follow=True)


def told(page):
    found = re.findall(r'<p class="alert-text">(.*?)</p>', page.content.decode(), re.DOTALL)
    return [html.unescape(text) for text in found]


def now(tickets):
    return list(Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).order_by("pk"))


def test_several_tickets_are_taken_at_once_from_the_queue(client, sara, tickets):
    page = client.get(address("console"))
    assert page.content.decode().count("data-select ") == 3
    done = send(client, "take_many", tickets, view="/konsol/?priority=3")
    assert done.request["PATH_INFO"] + "?" + done.request["QUERY_STRING"] == "/konsol/?priority=3"
    assert told(done) == ["3 sager er dine."]
    assert [(ticket.assignee, ticket.status) for ticket in now(tickets)] == [(sara, Status.OPEN)] * 3


def test_each_is_done_on_its_own_and_what_a_rule_forbids_is_told_with_its_number(client, sara, tickets):
    ended = lifecycle.cancel(tickets[1], by=sara, reason="spam")
    done = send(client, "take_many", tickets)
    assert told(done) == [
        "2 sager er dine.",
        f"Ikke ændret: {ended.number}. Sagen er ikke længere åben. Genåbn den først, hvis arbejdet skal fortsætte.",
    ]
    assert [ticket.assignee for ticket in now(tickets)] == [sara, None, sara]
    assert not ended.events.filter(kind="assigned").exists()


def test_all_are_assigned_to_somebody_who_may_work_them_all(client, sara, nordby, tickets):
    net = lifecycle.move(tickets[0], queue=make_queue("net"), by=sara)
    make_agent(nordby, queues=[make_queue()])
    both = make_agent(nordby, queues=[make_queue(), make_queue("net")])
    form = client.post(address("assign_many"), {"ticket": [ticket.number for ticket in tickets]}).context["form"]
    assert set(form.fields["to"].queryset) == {sara, both}
    assert send(client, "assign_many", [net, *tickets[1:]], to=both.pk).status_code == 200
    assert [ticket.assignee for ticket in now(tickets)] == [both] * 3


def test_all_are_moved_get_a_priority_and_a_note(client, sara, tickets):
    assert told(send(client, "move_many", tickets, queue=make_queue("net").pk)) == ["3 sager er flyttet."]
    assert told(send(client, "set_priority_many", tickets[:1], priority="1", reason="Alle")) == [
        "1 sag har den nye prioritet."
    ]
    assert told(send(client, "note_many", tickets[1:], body="Samme fejl.")) == ["2 sager har fået noten."]
    found = now(tickets)
    assert [(ticket.queue.code, ticket.priority) for ticket in found] == [("net", 1), ("net", 4), ("net", 4)]
    assert [ticket.messages.filter(body="Samme fejl.").count() for ticket in found] == [0, 1, 1]


@pytest.mark.parametrize("name", VERBS[1:])
def test_the_selection_alone_shows_the_form_and_changes_nothing(client, sara, tickets, name):
    numbers = [ticket.number for ticket in tickets]
    for page in (client.post(address(name), {"ticket": numbers}), client.get(address(name), {"ticket": numbers})):
        assert page.status_code == 200
        assert set(page.context["tickets"]) == set(tickets)
    assert [ticket.events.count() for ticket in tickets] == [1, 1, 1]


@pytest.mark.parametrize("name", VERBS[1:])
def test_a_form_that_lacks_something_keeps_the_selection(client, sara, tickets, name):
    page = send(client, name, tickets, to="99999999", queue="")
    assert (page.status_code, set(page.context["tickets"])) == (422, set(tickets))
    assert page.context["form"].errors


@pytest.mark.parametrize("name", VERBS)
def test_nobody_reaches_a_foreign_ticket_among_the_own(client, sara, nordby, name):
    own, foreign = make_ticket(nordby), make_ticket(make_municipality("Sydby"))
    hidden = make_ticket(nordby)
    Ticket.objects.filter(pk=hidden.pk).update(queue=make_queue("hr"))
    data = {"to": sara.pk, "queue": make_queue("net").pk, "priority": "1", "reason": "Alle", "body": "Hej"}
    done = send(client, name, [own, foreign, hidden], **data)
    numbers = ", ".join(map(str, sorted([foreign.number, hidden.number])))
    assert f"Ikke ændret: {numbers}. Du arbejder ikke længere med disse sager." in told(done)
    assert [ticket.events.count() > 1 for ticket in (own, foreign, hidden)] == [True, False, False]


@pytest.mark.parametrize("name", VERBS)
def test_nothing_selected_leads_back_to_the_view_and_says_so(client, sara, nordby, name):
    make_ticket(nordby)
    for data in ({}, {"ticket": ["x", "²", "-1", "9" * 30]}):
        page = client.post(address(name), data | {"go": "1", "view": "/konsol/koe/net/"}, follow=True)
        assert page.request["PATH_INFO"] == "/konsol/koe/net/"
        assert told(page) == ["Vælg mindst én sag først."]


@pytest.mark.parametrize("view", ["https://ondt.example/", "//ondt.example/", "javascript:x", "/\\ondt.example/"])
def test_the_way_back_stays_within_the_desk(client, sara, tickets, view):
    answer = client.post(address("take_many"), {"ticket": [tickets[0].number], "go": "1", "view": view})
    assert answer["Location"] == address("console")


@pytest.mark.parametrize("name", VERBS)
def test_only_agents_work_on_many(client, tickets, nordby, name):
    client.force_login(make_requester(nordby))
    assert client.post(address(name), {"ticket": [tickets[0].number], "go": "1"}).status_code == 404
