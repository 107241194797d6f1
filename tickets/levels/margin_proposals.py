"""The margin of equality as a proposal: decided by all municipalities together, beforehand, with its effect.

The effect is told by what has been: the verdicts of the last judged months as they are, and as another margin would
have made them. Figures and verdicts are totals that everybody reads, so there are no rows of tickets.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from municipalities.governance.kinds import Effect, Kind, Part, Plain
from municipalities.governance.models import Decision, Proposal
from municipalities.models import Municipality
from tickets.levels import margins
from tickets.levels.calendar_months import begins, month_of, months_on
from tickets.levels.judging import counts_of, judged, margin_of
from tickets.levels.models import JUDGED, EqualityMargin
from tickets.sla.errors import SlaError

MARGIN = "margin"
SUBJECT = "equality"
LOOKS_BACK = 3  # months


class MarginKind(Kind):
    code = MARGIN
    name = pgettext_lazy("kind of proposal", "Margin of equality")
    propose_permission = "propose_agreements"
    change_template = "tickets/levels/_margin_change.html"
    effect_template = "tickets/levels/_margin_effect.html"
    is_of_the_past = True

    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        month = date.fromisoformat(change["valid_from"])
        if begins(month) != takes_effect_at:
            raise SlaError("BAD_TIME", reason="month", value=change["valid_from"])
        margins.check_beforehand(month)

    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        last = months_on(month_of(at), -1)
        counts = counts_of(months_on(last, 1 - LOOKS_BACK), last)
        now, then = (
            {kind: judged(counts.get(kind, {}), {}, margin=points) for kind in JUDGED}
            for points in (margin_of(last).points, Decimal(change["points"]))
        )
        return {
            member.code: Part({"month": last.isoformat(), "goals": _goals(now, then, member.code)})
            for member in municipalities
        }

    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        answers = list(Decision.objects.filter(proposal=proposal).select_related("municipality"))
        margins.write_margin(
            points=Decimal(proposal.change["points"]), valid_from=date.fromisoformat(proposal.change["valid_from"]),
            decided_by=", ".join(answer.municipality.name for answer in answers)[:120],
            decided_on=timezone.localdate(at), reference="; ".join(answer.reference for answer in answers)[:200],
            by=proposal.proposed_by, at=at,
        )  # fmt: skip

    def context(self, proposal: Proposal) -> Plain:
        first = date.fromisoformat(proposal.change["valid_from"])
        return {"points": Decimal(proposal.change["points"]), "valid_from": first, "before": before(first)}

    def address(self, subject: str) -> str:
        return reverse("tickets:equality")


def before(month: date) -> EqualityMargin:
    """The margin that a decision for `month` takes the place of."""
    return margin_of(months_on(month, -1))


def _goals(now: Plain, then: Plain, code: str) -> list[Plain]:
    """Only what was judged: the goal, with its verdict as it is and as it would have been."""
    return [
        {"kind": str(kind), "now": now[kind][code]["verdict"], "then": then[kind][code]["verdict"]}
        for kind in JUDGED
        if code in now[kind]
    ]
