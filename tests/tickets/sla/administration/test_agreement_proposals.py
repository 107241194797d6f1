"""What a new version of an agreement would have meant, and that it gets force for tickets that come after it."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from municipalities.governance import proposals
from municipalities.governance.models import Proposal
from tests.factories import MONDAY, TERMS, make_ticket
from tests.municipalities.governance.world import Together
from tickets import lifecycle
from tickets.models import Calendar
from tickets.sla.administration.agreement_proposals import AGREEMENT
from tickets.sla.errors import SlaError
from tickets.sla.models import AgreementVersion

pytestmark = pytest.mark.django_db
PROPOSED = MONDAY + timedelta(days=1)
DECEMBER = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


@pytest.fixture
def together():
    return Together()


def terms(**targets):
    changed = deepcopy(TERMS)
    for kind, minutes in targets.items():
        changed["timers"][kind]["target_minutes"] = minutes
    return changed


def propose(together, new, *, at=PROPOSED, takes_effect_at=DECEMBER):
    return proposals.propose(
        AGREEMENT, subject="default", title="Serviceaftale", change={"terms": new}, takes_effect_at=takes_effect_at,
        municipalities=together.members, by=together.amir, reason="Kortere svartid.", at=at,
    )  # fmt: skip


def solved(together, member, *, after_minutes):
    ticket = make_ticket(member, impact=3, urgency=2)  # P4: first reply in 240 minutes, solved in 480
    lifecycle.resolve(ticket, by=together.amir, solution="Ok.", at=MONDAY + timedelta(minutes=after_minutes))
    return ticket


def test_the_effect_counts_the_tickets_there_were_under_both_versions(together):
    solved(together, together.egedal, after_minutes=30)
    slow = solved(together, together.egedal, after_minutes=100)
    solved(together, together.furesoe, after_minutes=300)

    proposal = propose(together, terms(first_response={"4": 60}))

    clocks = {code: totals["clocks"] for code, totals in proposal.effect.items()}
    assert {code: totals["tickets"] for code, totals in proposal.effect.items()} == {"151": 0, "190": 1, "240": 2}
    assert clocks["240"]["first_response"] == {"now": [2, 0], "then": [1, 1]}
    assert clocks["240"]["resolution"] == {"now": [2, 0], "then": [2, 0]}
    assert clocks["190"]["first_response"] == {"now": [0, 1], "then": [0, 1]}
    (detail,) = proposal.details.filter(municipality=together.egedal)
    assert detail.content == [
        {"number": slow.number, "clock": "first_response", "cycle": 1, "now": "met", "then": "breached"}
    ]


def test_what_happened_after_the_proposal_does_not_change_its_effect(together):
    proposal = propose(together, terms(first_response={"4": 60}))
    solved(together, together.egedal, after_minutes=100)
    assert proposals.changed_since(proposal) == {}


def test_a_ticket_keeps_its_version_and_a_later_one_gets_the_new(together):
    before = make_ticket(together.egedal)
    proposal = propose(together, terms(first_response={"4": 60}))
    for member in together.members:
        together.decide(proposal, member, at=PROPOSED)
    later = make_ticket(together.egedal, at=DECEMBER + timedelta(hours=10))

    targets = {t.pk: t.clocks.get(kind="first_response").target_s for t in (before, later)}

    assert targets == {before.pk: 240 * 60, later.pk: 60 * 60}
    assert AgreementVersion.objects.get(valid_from=DECEMBER).terms == terms(first_response={"4": 60})


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (terms(first_response={"4": 0}), "BAD_TARGET"),
        (terms(first_response={"7": 60}), "BAD_PRIORITY"),
        (terms() | {"warn_percent": [100]}, "BAD_TARGET"),
        (terms() | {"pause_states": {"first_response": ["waiting_requester"]}}, "BAD_EVENT"),
        (terms() | {"calendar_by_priority": {"1": "mars"}}, "UNKNOWN_CALENDAR"),
    ],
)
def test_what_the_law_refuses_is_never_proposed(together, new, code):
    with pytest.raises(SlaError) as refused:
        propose(together, new)
    assert (refused.value.code, Proposal.objects.count()) == (code, 0)


def test_two_versions_never_begin_at_one_instant(together):
    AgreementVersion.objects.create(
        agreement=AgreementVersion.objects.get().agreement, valid_from=DECEMBER, terms=TERMS
    )
    with pytest.raises(SlaError) as refused:
        propose(together, terms(first_response={"4": 60}))
    assert refused.value.code == "OVERLAP"


def test_a_joint_agreement_does_not_count_in_one_municipalitys_calendar(together):
    own = Calendar.objects.create(code="egedal", name="Egedal", for_municipality=together.egedal)
    own.versions.create(valid_from=MONDAY.date(), weekly={"mon": [["08:00", "16:00"]]})
    with pytest.raises(SlaError) as refused:
        propose(together, terms() | {"calendar_by_priority": {"1": "egedal"}})
    assert refused.value.code == "UNKNOWN_CALENDAR"
