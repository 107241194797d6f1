"""A coordinator looks after the clocks: one is taken out of the count, one that was set aside is tried again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_agent, make_ticket
from tickets.models import Clock, ClockFailure

REASON = "IntegrityError: null value in column “percent” violates not-null constraint"


@pytest.fixture
def lead(desk):
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        return make_agent(desk.municipality, role="lead", name="Bo Thorsen", password=desk.password)


@pytest.fixture
def ticket(desk, lead):
    at = timezone.now() - timedelta(minutes=5)
    with tenant_scope(desk.municipality.pk, desk.agent.municipality_id):
        ticket = make_ticket(requester=desk.employee, at=at.replace(microsecond=0))
        Clock.objects.filter(ticket=ticket, kind="first_response").update(next_at=None)
        ClockFailure.objects.create(
            municipality=desk.municipality, ticket=ticket, kind="first_response", cycle=1, tries=3, reason=REASON,
            failed_at=timezone.now(), is_set_aside=True,
        )  # fmt: skip
        return ticket


def test_a_coordinator_looks_after_the_clocks(reader, desk, lead, ticket):
    reader.sign_in(lead, desk.password)
    reader.open(f"/konsol/sag/{ticket.number}/ur/")
    reader.page.check("input[name=clock] >> nth=1", force=True)
    reader.page.fill("input[name=reason]", "Oprettet ved en fejl.")
    reader.press("main form button[type=submit]")
    assert "ud af opgørelsen: Oprettet ved en fejl." in reader.page.inner_text("main")
    reader.open("/konsol/ure/")
    assert REASON in reader.page.inner_text("main")
    assert "1 ur taget ud af opgørelsen" in reader.page.inner_text("main")
    reader.press("main form button[name=failure]")
    assert "1 ur prøves igen nu." in reader.page.inner_text("main")
    assert REASON not in reader.page.inner_text("main")
