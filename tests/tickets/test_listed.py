"""The director's list shows that tickets are, how urgent and how late; nothing that anybody wrote."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    MONDAY,
    make_agent,
    make_director,
    make_municipality,
    make_requester,
    make_ticket,
)
from tickets import lifecycle, workload
from tickets.models import Service

pytestmark = pytest.mark.django_db
ADDRESS = "/ledelse/sager/"
HOUR = timedelta(hours=1)
TEXTS = ["Chefens printer", "Den hvisker", "Ane Andersen", "Skiftede tromlen", "Hvilken printer"]


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def director(client, nordby):
    director = make_director(nordby)
    client.force_login(director)
    return director


def test_a_director_lists_the_own_municipality_newest_first(client, director, nordby):
    assert reverse("tickets:listed") == ADDRESS
    first, second = make_ticket(nordby, at=MONDAY), make_ticket(nordby, at=MONDAY + HOUR)
    make_ticket(make_municipality("Sydby"))
    page = client.get(ADDRESS)
    assert page.context["tickets"] == [second, first]
    assert f'<th scope="row" class="sd-num">{first.number}</th>' in page.content.decode()


def test_no_text_and_no_name_is_on_the_page_nor_read_from_the_database(client, director, nordby):
    requester, agent = make_requester(nordby, name="Ane Andersen"), make_agent(nordby, name="Sara Lindqvist")
    ticket = make_ticket(requester=requester, subject="Chefens printer", description="Den hvisker", at=MONDAY)
    lifecycle.reply(ticket, by=agent, body="Hvilken printer?", at=MONDAY + HOUR)
    lifecycle.resolve(ticket, by=agent, solution="Skiftede tromlen", at=MONDAY + 2 * HOUR)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(ADDRESS)
    assert page.context["tickets"] == [ticket]
    assert [text for text in [*TEXTS, "Sara Lindqvist"] if text in page.content.decode()] == []
    of_tickets = [query["sql"] for query in asked if 'FROM "tickets_ticket"' in query["sql"]]
    assert len(of_tickets) == 1
    for column in ("subject", "description", "solution", "requester_id", "assignee_id", "department"):
        assert f'"{column}"' not in of_tickets[0]


def test_the_clocks_say_how_it_went(client, director, nordby):
    ticket = make_ticket(nordby, impact=2, urgency=2, at=MONDAY)  # first reply within 120 minutes
    agent = make_agent(nordby)
    lifecycle.reply(ticket, by=agent, body="Ja.", at=MONDAY + 3 * HOUR)
    lifecycle.resolve(ticket, by=agent, solution="Ok.", at=MONDAY + 3 * HOUR)
    (shown,) = client.get(ADDRESS).context["tickets"]
    assert {kind: reading.state for kind, reading in shown.readings.items()} == {
        "first_response": "missed",
        "resolution": "met",
    }


def test_the_list_is_narrowed_by_its_address(client, director, nordby):
    agent = make_agent(nordby)
    nexus = Service.objects.create(code="nexus", name="KMD Nexus")
    ended = lifecycle.cancel(make_ticket(nordby), by=agent, reason="spam")
    critical = make_ticket(nordby, impact=1, urgency=1)
    of_nexus = lifecycle.set_service(make_ticket(nordby), service=nexus, by=agent)
    expected = {
        "state=ended": [ended],
        "state=open": [of_nexus, critical],
        "priority=1": [critical],
        "service=nexus": [of_nexus],
        "service=nexus&priority=1": [],
        "state=x&priority=9&service=y&after=z": [of_nexus, critical, ended],
    }
    assert {query: client.get(f"{ADDRESS}?{query}").context["tickets"] for query in expected} == expected


def test_pages_follow_the_last_row_and_keep_the_filter(client, director, nordby, monkeypatch):
    monkeypatch.setattr(workload, "PAGE_SIZE", 2)
    tickets = [make_ticket(nordby, at=MONDAY) for _number in range(5)]
    seen, query = [], "?state=open"
    while query:
        page = client.get(ADDRESS + query)
        seen += page.context["tickets"]
        query = page.context["next"] and f"?state=open&after={page.context['next']}"
    assert seen == tickets[::-1]


def test_the_list_asks_little_however_long_it_is(client, director, nordby, asked):
    for _number in range(3):
        make_ticket(nordby)
    with asked(at_most=12):
        assert len(client.get(ADDRESS).context["tickets"]) == 3


def test_who_reads_no_totals_finds_no_list(client, nordby):
    for person in (make_requester(nordby), make_agent(nordby)):
        client.force_login(person)
        assert client.get(ADDRESS).status_code == 404


def test_the_menu_of_the_reports_leads_there(client, director):
    assert f'href="{ADDRESS}"' in client.get(ADDRESS).content.decode()
