"""The sample's joint decisions: something true to show on the pages of proposals."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from billing.models import KeyVersion
from municipalities.governance import proposals
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from tests.factories import see
from tickets.models import Replanning, Ticket
from tickets.sla.rebuilding import differences
from tickets.sla.terms import rulebook

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def test_two_proposals_are_adopted_and_one_awaits_egedal():
    call_command("sample_data", tickets=60, employees=90, until=NOW.isoformat(), verbosity=0)
    see(*Municipality.objects.all())

    states = {proposal.kind: proposal.state for proposal in Proposal.objects.all()}
    assert states == {"key": "adopted", "calendar": "adopted", "agreement": "proposed"}
    (waiting,) = Proposal.objects.open(at=NOW)
    assert [Municipality.objects.get(pk=pk).slug for pk in proposals.missing(waiting)] == ["egedal"]
    key = Proposal.objects.get(kind="key")
    assert sum(totals["difference_ore"] for totals in key.effect.values()) == 0
    assert len(key.effect["240"]["months"]) == 3
    assert any(totals["difference_ore"] for totals in key.effect.values())
    assert KeyVersion.objects.get(pool__code="sikkerhed", valid_to=None).label == "Halvt lige, halvt brugere"
    assert Replanning.objects.get().done_at == NOW
    tickets = Ticket.objects.prefetch_related("events", "clocks", "clock_effects")
    assert [str(found) for ticket in tickets for found in differences(ticket, now=NOW, rules=rulebook())] == []
