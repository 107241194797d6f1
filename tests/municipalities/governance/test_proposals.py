"""The verbs of joint decisions, tried with a calendar."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from municipalities.governance import proposals, refusals
from municipalities.governance.models import Concern, Decision, EffectDetail, Proposal
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.scope import Scope, enter
from tests.factories import make_agent, make_director, make_municipality, make_requester
from tests.municipalities.governance.world import LATER, MIDNIGHT, MINUTES, TUESDAY, Together
from tickets.sla.models import CalendarVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def together():
    return Together()


def versions():
    return list(CalendarVersion.objects.values_list("valid_from", flat=True))


def test_a_proposal_keeps_its_effect_as_it_was_and_changes_nothing(together):
    together.ticket(together.egedal)
    before = versions()

    proposal = together.propose()

    moved = {"tickets": 1, "moved": 1, "earlier": 0, "later": 1}
    nothing = {"tickets": 0, "moved": 0, "earlier": 0, "later": 0}
    assert proposal.effect == {"151": nothing, "190": nothing, "240": moved}
    assert [concern.municipality for concern in proposal.concerns.all()] == together.members
    assert (proposal.state, proposal.proposed_by_name, len(proposal.effect_digest)) == ("proposed", "Amir Haddad", 64)
    assert versions() == before


def test_the_last_yes_gives_force_in_the_same_transaction(together):
    proposal = together.propose()
    assert together.decide(proposal, together.ballerup).state == "proposed"
    assert together.decide(proposal, together.furesoe).state == "proposed"
    assert TUESDAY not in versions()

    adopted = together.decide(proposal, together.egedal)

    assert (adopted.state, adopted.settled_at) == ("adopted", LATER)
    assert TUESDAY in versions()
    found = Decision.objects.filter(proposal=proposal).values_list("decided_by_name", "decided_at", "reference")
    assert list(found) == [(together.directors[m.pk].name, LATER, MINUTES) for m in together.members]


def test_one_no_rejects_and_nobody_is_asked_further(together):
    proposal = together.propose()
    assert together.decide(proposal, together.furesoe, is_yes=False).state == "rejected"
    with pytest.raises(refusals.NotOpen):
        together.decide(proposal, together.egedal)
    assert TUESDAY not in versions()
    assert together.propose().state == "proposed"  # it can be proposed anew


def test_a_decision_is_final(together):
    proposal = together.propose()
    together.decide(proposal, together.furesoe)
    with pytest.raises(refusals.AlreadyDecided):
        together.decide(proposal, together.furesoe, is_yes=False)
    assert [row.is_yes for row in Decision.objects.filter(proposal=proposal)] == [True]


def test_only_the_own_director_decides(together):
    proposal = together.propose()
    requester = make_requester(together.egedal)
    lead = make_agent(*together.members, role="lead")
    for person in (together.directors[together.furesoe.pk], requester, lead, together.amir):
        with pytest.raises(refusals.MayNotDecide):
            together.decide(proposal, together.egedal, by=person)
    assert not Decision.objects.exists()


def test_a_municipality_that_is_not_concerned_does_not_decide(together):
    together.calendar.for_municipality = together.egedal
    together.calendar.save()
    proposal = together.propose(municipalities=[together.egedal])
    with pytest.raises(refusals.MayNotDecide):
        together.decide(proposal, together.furesoe)
    assert together.decide(proposal, together.egedal).state == "adopted"


def test_who_may_not_propose_for_everybody_proposes_nothing(together):
    some = make_agent(together.egedal, together.furesoe, role="administrator", queues=[])
    for person in (some, make_requester(together.egedal), together.directors[together.egedal.pk]):
        with pytest.raises(refusals.MayNotPropose):
            together.propose(by=person)
    assert not Proposal.objects.exists()


def test_nothing_is_proposed_backwards(together):
    for at in (MIDNIGHT, MIDNIGHT + timedelta(days=1), MIDNIGHT - timedelta(minutes=10)):
        with pytest.raises(refusals.Backwards):
            together.propose(at=at)


def test_a_last_yes_after_the_day_is_too_late_and_it_is_proposed_anew(together):
    proposal = together.propose()
    together.decide(proposal, together.ballerup)
    together.decide(proposal, together.furesoe)

    with pytest.raises(refusals.TooLate):
        together.decide(proposal, together.egedal, at=MIDNIGHT)

    assert TUESDAY not in versions()
    assert (proposal.state_at(MIDNIGHT), proposal.state_at(LATER)) == ("lapsed", "proposed")
    week = timedelta(days=7)
    change = together.change(valid_from=(TUESDAY + week).isoformat())
    anew = together.propose(at=MIDNIGHT, change=change, takes_effect_at=MIDNIGHT + week)
    proposal.refresh_from_db()
    assert (proposal.state, anew.state) == ("lapsed", "proposed")


def test_one_thing_has_one_open_proposal(together):
    together.propose()
    with pytest.raises(refusals.AlreadyProposed):
        together.propose()


def test_a_withdrawn_proposal_cannot_be_decided(together):
    proposal = together.propose()
    with pytest.raises(refusals.MayNotPropose):
        proposals.withdraw(proposal, by=together.directors[together.egedal.pk], note="Nej", at=LATER)
    withdrawn = proposals.withdraw(proposal, by=together.amir, note="Skal regnes om.", at=LATER)
    assert (withdrawn.state, withdrawn.settled_by_name) == ("withdrawn", "Amir Haddad")
    with pytest.raises(refusals.NotOpen):
        together.decide(proposal, together.egedal)


def test_a_decision_needs_the_minutes(together):
    proposal = together.propose()
    with pytest.raises(refusals.NoMinutes):
        proposals.decide(
            proposal, municipality=together.egedal, by=together.directors[together.egedal.pk], is_yes=True,
            reference="  ", at=LATER,
        )  # fmt: skip


def test_what_changed_since_is_told_per_municipality(together):
    together.ticket(together.furesoe)
    proposal = together.propose()
    assert proposals.changed_since(proposal) == {}

    together.ticket(together.egedal)

    before = {"tickets": 0, "moved": 0, "earlier": 0, "later": 0}
    after = {"tickets": 1, "moved": 1, "earlier": 0, "later": 1}
    assert proposals.changed_since(proposal) == {"240": (before, after)}
    enter(Scope((together.furesoe.pk,)))
    assert proposals.changed_since(proposal) == {}


def test_every_step_leaves_an_entry(together):
    proposal = together.propose()
    for member in together.members:
        together.decide(proposal, member)
    entries = AuditEntry.objects.filter(data__proposal=proposal.pk).order_by("pk")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("proposal_made", together.amir),
        *(("proposal_decided", together.directors[m.pk]) for m in together.members),
        ("proposal_adopted", together.directors[together.egedal.pk]),
    ]


# What the database itself refuses, whatever the program does


def refused(sql, *parameters):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_adopts_nothing_without_every_yes(together):
    proposal = together.propose()
    together.decide(proposal, together.egedal)
    adopt = "UPDATE municipalities_proposal SET state = 'adopted', settled_at = proposed_at WHERE id = %s"
    refused(adopt, proposal.pk)
    enter(Scope())  # and who sees nobody adopts nothing
    refused(adopt, proposal.pk)


def test_the_database_rewrites_nothing(together):
    proposal = together.propose()
    together.decide(proposal, together.egedal)
    refused("UPDATE municipalities_proposal SET change = '{}' WHERE id = %s", proposal.pk)
    refused("DELETE FROM municipalities_proposal WHERE id = %s", proposal.pk)
    refused("UPDATE municipalities_decision SET is_yes = false")
    refused("DELETE FROM municipalities_concern")
    refused("UPDATE municipalities_effectdetail SET content = '[]'")
    together.decide(proposal, together.furesoe, is_yes=False)
    refused("UPDATE municipalities_proposal SET state = 'proposed', settled_at = NULL WHERE id = %s", proposal.pk)


def test_the_database_lets_nobody_decide_for_another_municipality(together):
    proposal = together.propose()
    insert = (
        "INSERT INTO municipalities_decision (municipality_id, proposal_id, is_yes, decided_by_id, decided_by_name,"
        " decided_by_title, decided_at, reference, note) VALUES (%s, %s, true, %s, 'x', '', %s, 'x', '')"
    )
    stranger = together.directors[together.furesoe.pk].pk
    refused(insert, together.egedal.pk, proposal.pk, stranger, LATER)  # the key of the person
    enter(Scope((together.furesoe.pk,)))
    refused(insert, together.egedal.pk, proposal.pk, stranger, LATER)  # the policy


def test_totals_and_decisions_are_joint_and_ticket_rows_are_not(together):
    together.ticket(together.egedal)
    proposal = together.propose()
    together.decide(proposal, together.egedal)
    enter(Scope((together.furesoe.pk,)))
    assert Decision.objects.filter(proposal=proposal).count() == 1
    assert Concern.objects.filter(proposal=proposal).count() == 3
    assert [row.municipality_id for row in EffectDetail.objects.filter(proposal=proposal)] == [together.furesoe.pk]


def test_whoever_left_is_not_asked(together):
    from tickets.sla.administration.calendar_proposals import concerned_by

    gone = make_municipality("Fredensborg", code="210")
    make_director(gone)
    Municipality.objects.filter(pk=gone.pk).update(left_on=TUESDAY)
    assert concerned_by(together.calendar) == together.members
