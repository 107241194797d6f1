"""What the municipalities have decided together, for a first look: two adopted proposals, and one that awaits Egedal.

Through the product's own verbs, with effects worked out from the sample's own tickets and months.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta

from django.utils import timezone

from billing.keys.proposals import KEY, takes_effect
from municipalities.governance import proposals
from municipalities.governance.models import Proposal
from municipalities.models import Municipality, Person
from municipalities.sample.people import Community
from servicecenter.tenancy.scope import tenant_scope
from tickets.sla.administration import calendar_proposals, replanning
from tickets.sla.administration.agreement_proposals import AGREEMENT
from tickets.sla.administration.calendar_proposals import CALENDAR
from tickets.sla.models import Agreement, Calendar

CHRISTMAS = ("12-27", "12-28", "12-29", "12-30")
HALF_AND_HALF = {
    "type": "mix", "on_zero": "reject",
    "parts": [
        {"weight": "0.5", "key": {"type": "equal"}},
        {"weight": "0.5", "key": {"type": "driver", "driver": "users"}},
    ],
}  # fmt: skip
AWAITED = "240"


def make_decisions(community: Community, *, until: datetime, say: Callable[[str], None]) -> None:
    """`until` (UTC) is the present; what is adopted takes effect after it. Who has joined decides with the others."""
    scope = sorted(Municipality.objects.values_list("pk", flat=True))
    with tenant_scope(*scope):
        _adopt_key(community, until)
        _adopt_calendar(community, until)
        _ask_for_shorter_reply(community, until)
        replanning.replan_waiting(now=until)
    adopted = Proposal.objects.filter(state=Proposal.State.ADOPTED).count()
    say(f"{adopted} proposals adopted, {Proposal.objects.open(at=until).count()} awaits a decision")


def _adopt_key(community: Community, until: datetime) -> None:
    day, at = date(timezone.localdate(until).year + 1, 1, 1), until - timedelta(days=21)
    proposal = proposals.propose(
        KEY, subject="sikkerhed", title="Informationssikkerhed", takes_effect_at=takes_effect(day),
        change={"definition": HALF_AND_HALF, "label": "Halvt lige, halvt brugere", "valid_from": day.isoformat()},
        municipalities=_members(at), by=community.holders("finance")[0], at=at,
        reason="Overvågningen koster det samme for alle, men træning og scanning følger antallet af brugere.",
    )  # fmt: skip
    for days, member in enumerate(_members(at), start=3):
        _say_yes(proposal, member, at=at + timedelta(days=days), item=3)


def _adopt_calendar(community: Community, until: datetime) -> None:
    calendar, at = Calendar.objects.get(code="desk"), until - timedelta(days=3)
    day = _first_after(until)
    change = deepcopy(calendar.versions.latest("valid_from").as_dict()) | {"valid_from": day.isoformat()}
    change["exceptions"] |= {f"{day.year}-{closed}": [] for closed in CHRISTMAS}
    proposal = proposals.propose(
        CALENDAR, subject=calendar.code, title=calendar.name, change=change,
        takes_effect_at=calendar_proposals.takes_effect(calendar, day), municipalities=_members(at),
        by=community.holders("administrator")[0], at=at,
        reason="Rådhusene holder lukket mellem jul og nytår, og telefonerne var stille sidste år.",
    )  # fmt: skip
    for hours, member in enumerate(_members(at), start=20):
        _say_yes(proposal, member, at=at + timedelta(hours=hours), item=5)


def _ask_for_shorter_reply(community: Community, until: datetime) -> None:
    """Everybody but Egedal has said yes."""
    agreement, at = Agreement.objects.get(code="standard"), until - timedelta(days=6)
    terms = deepcopy(agreement.versions.latest("valid_from").terms)
    terms["timers"]["first_response"]["target_minutes"] |= {"3": 60, "4": 180}
    proposal = proposals.propose(
        AGREEMENT, subject=agreement.code, title=agreement.name, change={"terms": terms},
        takes_effect_at=takes_effect(_first_after(until + timedelta(days=31))), municipalities=_members(at),
        by=community.holders("lead")[0], at=at,
        reason="De fleste får allerede svar inden for en time. Aftalen bør love det, vi holder.",
    )  # fmt: skip
    for hours, member in enumerate((m for m in _members(at) if m.code != AWAITED), start=40):
        _say_yes(proposal, member, at=at + timedelta(hours=hours), item=4)


def _members(at: datetime) -> list[Municipality]:
    """Those who had joined by then."""
    return list(Municipality.objects.members().filter(joined_on__lte=timezone.localdate(at)))


def _say_yes(proposal: Proposal, member: Municipality, *, at: datetime, item: int) -> None:
    director = Person.objects.get(municipality=member, groups__name=f"director@{member.slug}")
    reference = f"Direktionsmøde {timezone.localdate(at):%d.%m.%Y}, punkt {item}"
    proposals.decide(proposal, municipality=member, by=director, is_yes=True, reference=reference, at=at)


def _first_after(instant: datetime) -> date:
    """The first of a month, five days after the instant at the earliest."""
    day = timezone.localdate(instant) + timedelta(days=5)
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
