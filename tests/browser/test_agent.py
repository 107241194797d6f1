import pytest
from django.utils import timezone

from servicecenter.tenancy.scope import tenant_scope
from tests.browser.reader import Reader
from tests.factories import make_ticket
from tickets.models import Ticket


@pytest.fixture
def ticket(desk):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        make_ticket(requester=desk.employee, subject="Wi-fi falder ud", at=timezone.now())
        return make_ticket(requester=desk.employee, subject="Kan ikke logge på", impact=1, urgency=1, at=timezone.now())


def now(desk, ticket):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        return Ticket.objects.select_related("assignee").get(pk=ticket.pk)


@pytest.mark.parametrize("language", ["", "/en"], ids=["danish", "english"])
def test_an_agent_triages_replies_notes_and_solves(reader, desk, ticket, language):
    page = reader.page
    reader.sign_in(desk.agent, desk.password)
    assert page.url.endswith("/konsol/")
    reader.open(f"{language}/konsol/")
    assert page.locator("tbody tr").count() == 2
    assert "Kan ikke logge på" in page.locator("tbody tr").first.inner_text()
    reader.press("tbody tr a")
    reader.press("form[action*='/tag/'] button")
    assert now(desk, ticket).assignee == desk.agent

    page.fill("#reply-body", "Prøv igen nu.")
    page.fill("#reply-minutes", "10")
    reader.press("#reply button[name=and_wait]")
    assert now(desk, ticket).status == "waiting_requester"

    reader.open(f"{language}/konsol/sag/{ticket.number}/note/")
    page.fill("main [name=body]", "Kontoen var låst.")
    reader.press("main form button.button-primary")
    reader.open(f"{language}/konsol/sag/{ticket.number}/loesning/")
    page.fill("main [name=solution]", "Kontoen er låst op.")
    reader.press("main form button.button-primary")

    solved = now(desk, ticket)
    assert (solved.status, solved.solution) == ("resolved", "Kontoen er låst op.")
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        assert [m.kind for m in ticket.messages.all()] == ["public_reply", "internal_note"]
        assert [entry.minutes for entry in ticket.time_entries.all()] == [10]
        assert {c.kind: c.state for c in ticket.clocks.all()} == {"first_response": "met", "resolution": "met"}


def test_the_next_ticket_is_taken_with_two_keys(page, live_server, desk, ticket):
    reader = Reader(page, live_server.url)
    reader.sign_in(desk.agent, desk.password)
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("t")
    assert now(desk, ticket).assignee == desk.agent


def test_single_keys_are_off_inside_fields(page, live_server, desk, ticket):
    reader = Reader(page, live_server.url)
    reader.sign_in(desk.agent, desk.password)
    reader.open(f"/konsol/sag/{ticket.number}/")
    page.keyboard.press("r")
    page.keyboard.type("tak, tag en kop kaffe")
    assert page.input_value("#reply-body") == "tak, tag en kop kaffe"
    assert now(desk, ticket).assignee is None
