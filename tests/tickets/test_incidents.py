"""Major incidents: linking, opening, ending, and what of it is seen."""

import pytest
from django.urls import reverse

from servicecenter.audit.models import AuditEntry
from tests.factories import MONDAY, make_agent, make_category, make_municipality, make_ticket
from tickets import lifecycle
from tickets.incidents import linking
from tickets.incidents.models import MajorIncident
from tickets.sla.rebuilding import differences
from tickets.sla.terms import rulebook

pytestmark = pytest.mark.django_db


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def sara(nordby):
    return make_agent(nordby, name="Sara Lindqvist")


@pytest.fixture
def ticket(nordby):
    return make_ticket(nordby)


def page(name, *args):
    return reverse(f"tickets:{name}", args=args)


def kinds(ticket):
    return [event.kind for event in ticket.events.order_by("id")]


def test_a_link_is_an_event_and_moves_no_clock(ticket, sara):
    before = list(ticket.clocks.order_by("id").values())
    incident = linking.open_incident(ticket, title="Nettet er nede", by=sara, at=MONDAY)
    linking.link(ticket, incident=incident, by=sara, at=MONDAY)  # said again, it changes nothing
    assert (ticket.major_incident, incident.began_at) == (incident, ticket.received_at)
    assert kinds(ticket) == ["created", "incident_linked"]
    assert ticket.events.last().data == {"incident": incident.pk, "title": "Nettet er nede"}
    assert list(ticket.clocks.order_by("id").values()) == before
    assert differences(ticket, now=MONDAY, rules=rulebook()) == []
    linking.link(ticket, incident=None, by=sara, at=MONDAY)
    assert (ticket.major_incident, kinds(ticket)[-1]) == (None, "incident_unlinked")
    assert AuditEntry.objects.filter(action="major_incident_opened").count() == 1


def test_a_service_request_and_a_merged_ticket_are_not_linked(nordby, ticket, sara):
    incident = linking.open_incident(ticket, title="Nettet er nede", by=sara, at=MONDAY)
    request = make_ticket(requester=ticket.requester, category=make_category("bestil", is_request=True))
    merged = make_ticket(requester=ticket.requester)
    lifecycle.merge(ticket, other=merged, by=sara, at=MONDAY)
    merged.refresh_from_db()
    for refused in (request, merged):
        with pytest.raises(linking.NotAnIncident):
            linking.link(refused, incident=incident, by=sara, at=MONDAY)
        assert "incident_linked" not in kinds(refused)


def test_an_agent_declares_one_on_the_page_of_the_ticket_and_links_the_next(client, ticket, sara):
    client.force_login(sara)
    shown = client.get(page("console_ticket", ticket.number)).content.decode()
    assert page("link_incident", ticket.number) in shown
    form = client.get(page("link_incident", ticket.number)).context["form"]
    assert form.initial["incident"] == "ny"  # there is no other to choose
    answer = {"incident": "ny", "title": "Nettet i Stenløse er nede"}
    assert client.post(page("link_incident", ticket.number), answer).status_code == 302
    incident = MajorIncident.objects.get()
    shown = client.get(page("console_ticket", ticket.number)).content.decode()
    assert page("incident", incident.pk) in shown
    assert "Sara Lindqvist knyttede sagen til den kritiske hændelse" in shown
    second = make_ticket(requester=ticket.requester)
    client.post(page("link_incident", second.number), {"incident": str(incident.pk)})
    assert [row.number for row in client.get(page("incident", incident.pk)).context["rows"]] == [
        ticket.number, second.number,
    ]  # fmt: skip
    client.post(page("link_incident", second.number), {"incident": "ingen"})
    second.refresh_from_db()
    assert second.major_incident is None


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"incident": "ny", "title": " "}, "title"),
        ({}, "incident"),
        ({"incident": "9999"}, "incident"),
        ({"incident": "ingen"}, "incident"),
    ],
)
def test_what_is_missing_is_told_beside_its_field(client, ticket, sara, answer, field):
    client.force_login(sara)
    shown = client.post(page("link_incident", ticket.number), answer)
    assert (shown.status_code, list(shown.context["form"].errors)) == (422, [field])
    assert not MajorIncident.objects.exists()


def test_what_has_ended_takes_no_further_ticket_but_keeps_its_own(client, ticket, sara):
    incident = linking.open_incident(ticket, title="Nettet er nede", by=sara, at=MONDAY)
    client.force_login(sara)
    assert client.post(page("end_incident", incident.pk)).status_code == 302
    incident.refresh_from_db()
    assert incident.ended_at is not None
    second = make_ticket(requester=ticket.requester)
    assert client.post(page("link_incident", second.number), {"incident": str(incident.pk)}).status_code == 422
    assert client.get(page("incident", incident.pk)).context["rows"][0] == ticket


def test_of_another_municipality_an_agent_sees_the_title_and_no_ticket(client, ticket, sara):
    incident = linking.open_incident(ticket, title="Nettet er nede", by=sara, at=MONDAY)
    client.force_login(make_agent(make_municipality("Sydby")))
    shown = client.get(page("incident", incident.pk))
    assert (shown.status_code, list(shown.context["rows"])) == (200, [])
    assert str(ticket.number) not in shown.content.decode()
    assert client.get(page("link_incident", ticket.number)).status_code == 404
