"""The queue by keyboard: several tickets at once, a look without leaving, and on from ticket to ticket."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicecenter.tenancy.scope import tenant_scope
from tests.browser.reader import WIDTHS, Reader
from tests.factories import make_ticket
from tickets.models import Ticket

SUBJECTS = ["Alt er nede", "Skærmen flimrer", "Ny mus"]


@pytest.fixture
def tickets(desk):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        levels = [(1, 1), (3, 2), (3, 3)]
        return [
            make_ticket(requester=desk.employee, subject=subject, impact=impact, urgency=urgency, at=timezone.now())
            for subject, (impact, urgency) in zip(SUBJECTS, levels, strict=True)
        ]


@pytest.fixture
def agent(page, live_server, desk, tickets):
    """Signed in at a desk's screen."""
    page.set_viewport_size(WIDTHS["desktop"])
    reader = Reader(page, live_server.url)
    reader.sign_in(desk.agent, desk.password)
    return reader


def assignees(desk):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        return [ticket.assignee for ticket in Ticket.objects.select_related("assignee").order_by("pk")]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_x_selects_shift_x_up_to_here_and_t_takes_all_of_them(agent, desk):
    page = agent.page
    assert not page.locator("[data-bulk]").is_visible()
    press(page, "j", "x", "j", "Shift+X")
    assert page.locator("[data-bulk-count]").inner_text() == "2 valgt"
    agent.check()
    press(page, "Escape")
    assert not page.locator("[data-bulk]").is_visible()
    press(page, "x", "j", "x")
    with page.expect_navigation():
        press(page, "t")
    agent.check()
    assert assignees(desk) == [None, desk.agent, desk.agent]
    assert "2 sager er dine." in page.inner_text("main")


def test_the_box_above_selects_all_and_a_note_is_written_on_all(agent, desk, tickets):
    page = agent.page
    page.check("[data-select-all]")
    with page.expect_navigation():
        press(page, "n")
    agent.check()
    page.fill("main [name=body]", "Samme fejl hos alle.")
    agent.press("main form button.button-primary")
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        assert [ticket.messages.count() for ticket in tickets] == [1, 1, 1]


def test_space_shows_the_ticket_and_j_the_next_one_without_leaving_the_queue(agent):
    page = agent.page
    press(page, "j", "Space")
    expect(page.locator("[data-peek] h1")).to_have_text(SUBJECTS[0])
    agent.check()
    press(page, "j")
    expect(page.locator("[data-peek] h1")).to_have_text(SUBJECTS[1])
    press(page, "Escape")
    assert not page.locator("[data-peek]").is_visible()
    assert page.url.endswith("/konsol/")
    expect(page.locator("tbody a", has_text=SUBJECTS[1])).to_be_focused()  # a moment after the window is gone


def test_j_and_k_go_from_ticket_to_ticket_and_u_back_to_the_view(agent):
    page = agent.page
    press(page, "j")
    for key, subject in (("Enter", SUBJECTS[0]), ("j", SUBJECTS[1]), ("j", SUBJECTS[2]), ("k", SUBJECTS[1])):
        with page.expect_navigation():
            press(page, key)
        assert page.inner_text("h1") == subject
    agent.check()
    with page.expect_navigation():
        press(page, "u")
    assert page.url.endswith("/konsol/")


def test_without_javascript_the_bar_is_there_and_works(browser, live_server, desk, tickets):
    context = browser.new_context(java_script_enabled=False, viewport=WIDTHS["desktop"], locale="da-DK")
    page = context.new_page()
    page.goto(f"{live_server.url}/log-ind/")
    page.check(f"input[name=municipality][value={desk.agent.municipality.slug}]", force=True)
    page.fill("input[name=email]", desk.agent.email)
    page.fill("input[name=password]", desk.password)
    page.click("main form button")
    page.check("[data-select] >> nth=0")
    page.click("[data-bulk] button >> nth=0")
    context.close()
    assert assignees(desk) == [desk.agent, None, None]
