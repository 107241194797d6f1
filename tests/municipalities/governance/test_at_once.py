"""Two municipalities that decide in the same moment: one of them is last, and only that one gives force."""

import threading

import pytest
from django.db import connection

from municipalities.governance.models import Decision, Proposal
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.scope import tenant_scope
from tests.municipalities.governance.world import TUESDAY, Together
from tickets.models import Replanning
from tickets.sla.models import CalendarVersion

pytestmark = pytest.mark.django_db(transaction=True)


def test_both_answers_count_and_the_change_gets_force_once():
    with tenant_scope():
        together = Together()
        proposal = together.propose()
        together.decide(proposal, together.ballerup)
    ready, faults = threading.Barrier(2), []

    def say_yes(member):
        try:
            with tenant_scope(member.pk):
                ready.wait(timeout=30)
                together.decide(proposal, member)
        except Exception as fault:  # noqa: BLE001  told by the main thread
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=say_yes, args=(m,)) for m in (together.furesoe, together.egedal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert faults == []
    with tenant_scope(*(member.pk for member in together.members), together.amir.municipality_id):
        assert Proposal.objects.get().state == Proposal.State.ADOPTED
        assert Decision.objects.filter(is_yes=True).count() == 3
        assert CalendarVersion.objects.filter(valid_from=TUESDAY).count() == 1
        assert Replanning.objects.count() == 1
        assert AuditEntry.objects.filter(action="proposal_adopted").count() == 1
