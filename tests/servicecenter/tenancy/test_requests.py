"""The scope of a request is the reader's, and ends with it."""

import pytest
from django.test import Client
from knox.models import AuthToken

from municipalities.models import Person
from servicecenter.tenancy.scope import current_scope
from tests.factories import make_agent, make_municipality, make_requester, make_ticket

pytestmark = pytest.mark.django_db


def test_an_api_token_opens_its_owners_tickets_and_no_others():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    own, _ = make_ticket(north), make_ticket(south)
    make_ticket(north)
    _, token = AuthToken.objects.create(user=own.requester)

    response = Client().get("/api/tickets/", headers={"authorization": f"Token {token}"})

    assert [ticket["number"] for ticket in response.json()["results"]] == [own.number]


def test_an_agents_token_opens_what_the_agent_works():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    ticket = make_ticket(north)
    make_ticket(south)
    _, token = AuthToken.objects.create(user=make_agent(north))
    headers = {"authorization": f"Token {token}"}

    response = Client().get("/api/tickets/?role=agent", headers=headers)

    assert [found["number"] for found in response.json()["results"]] == [ticket.number]


def test_a_foreign_ticket_and_an_absent_one_are_the_same_404():
    foreign = make_ticket(make_municipality("Sydby"))
    _, token = AuthToken.objects.create(user=make_requester(make_municipality("Nordby")))
    client, headers = Client(), {"authorization": f"Token {token}"}

    answers = [client.get(f"/api/tickets/{number}/", headers=headers) for number in (foreign.number, 999999)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(404, answers[0].content)] * 2


def test_a_ticket_is_filed_through_the_api_for_the_tokens_owner():
    ticket = make_ticket()
    _, token = AuthToken.objects.create(user=ticket.requester)
    data = {"subject": "Ny skærm", "description": "Den er sort.", "category": "print", "impact": 3, "urgency": 3}

    response = Client().post(
        "/api/tickets/", data, headers={"authorization": f"Token {token}"}, content_type="application/json"
    )

    assert response.status_code == 201
    assert (response.json()["status"], response.json()["priority"]) == ("new", 5)
    assert ticket.requester.tickets.get(number=response.json()["number"]).channel == "api"


@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_a_wrong_or_empty_token_opens_nothing(token):
    assert Client().get("/api/tickets/", headers={"authorization": f"Token {token}"}).status_code == 401


def test_a_token_dies_with_its_owners_account():
    ticket = make_ticket()
    _, token = AuthToken.objects.create(user=ticket.requester)
    Person.objects.filter(pk=ticket.requester_id).update(is_active=False)

    assert Client().get("/api/tickets/", headers={"authorization": f"Token {token}"}).status_code == 401


def test_the_tests_own_scope_returns_after_a_request():
    ticket = make_ticket()
    before = current_scope()
    client = Client()
    client.force_login(make_requester(make_municipality("Sydby")))
    client.get("/api/tickets/")
    assert before.municipalities == current_scope().municipalities[: len(before.municipalities)]
    assert ticket.events.count() == 1
