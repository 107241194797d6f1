"""What a pool gives to others, as a proposal: checked as a bill would read it, its effect on closed months, its force.

A relation begins with a month. No receiver at all ends what there was.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from billing.allocation.errors import AllocationError
from billing.allocation.givings import read_giving
from billing.allocation.plain import exact_number
from billing.allocation.sharings import Weighted
from billing.giving.sentences import sentence, told
from billing.keys.proposals import GIVING, closed_months, decision_of, takes_effect, totals_of
from billing.models import Driver, GivenPart, Giving, Pool
from billing.simulator import basis as bases
from billing.simulator.scenario import Choice, Outcome, compare
from municipalities.governance.kinds import Effect, Kind, Part, Plain
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken


class NothingToEnd(RuleBroken):
    def __init__(self, pool: str):
        super().__init__(_("“%(pool)s” gives to nobody by then, so there is nothing to end.") % {"pool": pool})


class GivingKind(Kind):
    code = GIVING
    name = pgettext_lazy("kind of proposal", "Giving between pools")
    propose_permission = "propose_keys"
    change_template = "billing/_giving_change.html"
    effect_template = "billing/_key_effect.html"
    is_of_the_past = True

    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        """Raises what the allocation would refuse: order, capacity, a day inside a month, two on the same day."""
        pool, first = Pool.objects.get(code=subject, is_direct=False), date.fromisoformat(change["valid_from"])
        if first.day != 1 or takes_effect(first) != takes_effect_at:
            raise AllocationError("BAD_DATE", found=change["valid_from"], pool=subject)
        if pool.givings.filter(valid_from=first).exists():
            raise AllocationError("OVERLAP", pool=subject, day=first)
        if not change["gives"]["units"] and giving_before(pool, first) is None:
            raise NothingToEnd(pool.name)
        check_order(pool, change["gives"])

    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        months = closed_months(at)
        outcome = simulated(subject, change["gives"], months)
        return {member.code: Part(totals_of(outcome, member.code, months)) for member in municipalities}

    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        """The relation before ends where the new one begins, and a later one, decided earlier, keeps its day."""
        pool = Pool.objects.select_for_update().get(code=proposal.subject)
        self.check(pool.code, proposal.change, takes_effect_at=proposal.takes_effect_at)
        first = date.fromisoformat(proposal.change["valid_from"])
        later = pool.givings.filter(valid_from__gt=first).order_by("valid_from").first()
        running = pool.givings.filter(Q(valid_to=None) | Q(valid_to__gt=first), valid_from__lt=first)
        running.update(valid_to=first)
        if proposal.change["gives"]["units"]:
            write(
                pool, proposal.change, valid_to=later.valid_from if later else None,
                decided_on=timezone.localdate(at), **decision_of(proposal),
            )  # fmt: skip

    def context(self, proposal: Proposal) -> Plain:
        pool = Pool.objects.get(code=proposal.subject)
        before = giving_before(pool, date.fromisoformat(proposal.change["valid_from"]))
        return {
            "pool": pool,
            "sentence": sentence(proposal.change["gives"], proposal.change["basis"], proposal.change["unit"]),
            "sentence_before": told(before) if before else "",
        }

    def address(self, subject: str) -> str:
        return reverse("billing:key", args=[subject])


def check_order(pool: Pool, gives: Plain) -> None:
    """Only pools with a key that are calculated later may receive. Raises CYCLE, BAD_KEY or NEGATIVE_DRIVER."""
    positions = dict(Pool.objects.filter(is_direct=False).values_list("code", "position"))
    named = [*gives["units"], *([gives["idle"]] if gives["idle"] else [])]
    for code in named:
        if code not in positions:
            raise AllocationError("BAD_KEY", "receiver", found=code, pool=pool.code)
        if positions[code] <= pool.position:
            raise AllocationError("CYCLE", found=code, pool=pool.code)
    if gives["units"]:
        try:
            read_giving(gives, Weighted({}))
        except AllocationError as error:
            error.where.setdefault("pool", pool.code)
            raise


def write(pool: Pool, change: Plain, *, valid_to: date | None = None, **decision) -> Giving:
    """A relation with its parts, as decided."""
    gives = change["gives"]
    pools = {found.code: found for found in Pool.objects.all()}
    giving = Giving.objects.create(
        giver=pool, valid_from=date.fromisoformat(change["valid_from"]), valid_to=valid_to, basis=change["basis"],
        capacity=gives["capacity"], own=gives["own"], unit=change["unit"],
        idle=pools[gives["idle"]] if gives["idle"] else None, **decision,
    )  # fmt: skip
    GivenPart.objects.bulk_create(
        GivenPart(giving=giving, receiver=pools[code], units=units)
        for code, units in sorted(gives["units"].items())
        if exact_number(units)
    )
    return giving


def giving_before(pool: Pool, day: date) -> Giving | None:
    """What is in force when a relation of that day begins."""
    rows = pool.givings.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lt=day)
    return rows.select_related("idle").order_by("-valid_from").first()


def simulated(pool: str, gives: Plain, months: list) -> Outcome | None:
    """The closed months with this giving; None when no month is closed. Raises what the allocation refuses."""
    if not months:
        return None
    members = {member.code: member for member in Municipality.objects.all()}
    basis = bases.read(months, drivers=list(Driver.objects.all()), members=members)
    outcome, errors = compare(basis, {pool: Choice(gives=gives)})
    if errors:
        raise errors[0]
    return outcome
