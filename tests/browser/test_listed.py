"""The director's list of tickets: readable at both widths, and narrowed without a button."""

import pytest
from django.utils import timezone

from servicecenter.tenancy.scope import tenant_scope
from tests.browser.conftest import PASSWORD
from tests.factories import make_director, make_ticket
from tickets import lifecycle


@pytest.fixture
def director(desk):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        for urgency in (1, 2, 3):
            ticket = make_ticket(requester=desk.employee, impact=2, urgency=urgency, at=timezone.now())
        lifecycle.resolve(ticket, by=desk.agent, solution="Ok.")
        return make_director(desk.municipality, name="Niels Thorup", password=PASSWORD)


def test_a_director_reads_the_list_and_narrows_it(reader, desk, director):
    page = reader.page
    reader.sign_in(director, PASSWORD)
    reader.open("/ledelse/sager/")
    assert page.locator("tbody tr").count() == 3
    with page.expect_navigation():
        page.select_option("[name=state]", "ended")
    reader.check()
    assert page.locator("tbody tr").count() == 1
    reader.open("/en/ledelse/sager/?state=open&priority=5")
    assert "No tickets like these" in page.inner_text("main")
