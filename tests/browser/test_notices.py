"""Somebody is told, reads it, and chooses what to hear and when: at both widths."""

import pytest
from django.urls import reverse
from django.utils import timezone

from servicecenter.tenancy.scope import tenant_scope
from tests.browser.conftest import PASSWORD
from tests.factories import make_agent
from tickets import lifecycle
from tickets.models import Category
from tickets.notifications.models import Notice, NoticeSettings, Occasion
from tickets.notifications.telling import tell_waiting


@pytest.fixture
def told(desk):
    """Mette's ticket, received, answered and assigned to Sara; Lone leads, and one matter could not be told."""
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        now = timezone.now().replace(microsecond=0)
        ticket = lifecycle.file(
            requester=desk.employee, subject="Printeren", description="Rødt.", category=Category.objects.get(),
            impact=3, urgency=2, at=now,
        )  # fmt: skip
        lead = make_agent(desk.municipality, role="lead", name="Lone Vestergaard", password=PASSWORD)
        lifecycle.assign(ticket, to=desk.agent, by=lead, at=now)
        lifecycle.reply(ticket, by=desk.agent, body="Vi kigger.", at=now)
        tell_waiting(now=now)
        Occasion.objects.create(
            municipality=desk.municipality, ticket=ticket, kind="closed", cause="t:1", at=now, attempts=5,
            error="ValueError: gift",
        )  # fmt: skip
        return ticket, lead


def bell(reader):
    return reader.page.locator(".sd-bell").first


def test_the_bell_leads_to_the_list_and_the_list_to_the_ticket(reader, desk, told):
    ticket, _lead = told
    reader.sign_in(desk.employee, PASSWORD)
    assert "2" in bell(reader).inner_text()
    reader.press(".sd-bell")
    rows = reader.page.locator(".sd-notices li")
    assert rows.count() == 2
    assert f"Vi har svaret på sag {ticket.number}" in rows.first.inner_text()
    reader.press(".sd-notices li a")
    assert reader.page.url.endswith(reverse("tickets:ticket", args=[ticket.number]))
    assert "1" in bell(reader).inner_text()
    reader.open(reverse("tickets:notices"))
    reader.press("main form button")
    assert reader.page.locator(".sd-notice-unread").count() == 0
    with tenant_scope(desk.municipality.pk):
        assert not Notice.objects.of(desk.employee).unread().exists()


def test_each_chooses_what_to_hear_and_when_it_is_quiet(reader, desk, told):
    reader.sign_in(desk.agent, PASSWORD)
    reader.open(reverse("tickets:notice_settings"))
    boxes = reader.page.locator("main table input[type=checkbox]")
    assert boxes.count() >= 2
    assert boxes.evaluate_all("found => found.every(box => box.checked)")
    name = boxes.nth(1).get_attribute("name")
    reader.page.uncheck(f"input[name='{name}']", force=True)
    quiet = reader.page.locator("[name=quiet]")
    if quiet.first.evaluate("field => field.tagName") == "SELECT":
        quiet.first.select_option("closed")
    else:
        reader.page.check("[name=quiet][value=closed]", force=True)
    reader.press("main form button.button-primary")
    assert not reader.page.locator(f"input[name='{name}']").is_checked()
    with tenant_scope(desk.agent.municipality_id):
        chosen = NoticeSettings.objects.get(person=desk.agent)
        assert chosen.quiet == "closed"
        assert [ways for ways in chosen.choices.values() if ways["mail"] is False] == [{"product": True, "mail": False}]


def test_a_lead_has_told_again_what_was_set_aside_and_gives_the_duty(reader, desk, told):
    _ticket, lead = told
    reader.sign_in(lead, PASSWORD)
    reader.open(reverse("tickets:clocks"))
    assert reader.page.get_by_text("ValueError: gift").count() == 1
    reader.press("form[action$='fortael-igen/'] button")
    with tenant_scope(desk.municipality.pk):
        assert Occasion.objects.get(cause="t:1").next_at is not None
    reader.open(reverse("tickets:duty"))
