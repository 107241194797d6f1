"""A new key of a pool as a proposal: checked as a bill would read it, its effect on closed months, and its force.

The effect is a simulation over totals: the last closed months as they were and with the new key in the pool, for each
municipality. Differences add up to 0. A key that changes in steps is looked at as after its last step.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import pgettext_lazy

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.key_definitions import read_key
from billing.keys.beginnings import is_first_key
from billing.keys.sentences import Names, sentence
from billing.models import Driver, KeyVersion, Period, Pool
from billing.parties import short_name
from billing.plans import KeyChangesInside
from billing.simulator import basis as bases
from billing.simulator.scenario import Choice, Outcome, compare
from municipalities.governance.kinds import Effect, Kind, Part, Plain
from municipalities.governance.models import Proposal
from municipalities.models import Municipality

KEY, ON_COST = "key", "on_cost"
GIVING = "giving"  # registered by billing.giving
MONTHS = 3


def concerned() -> list[Municipality]:
    return list(Municipality.objects.members().filter(left_on=None))


def takes_effect(day: date) -> datetime:
    """Midnight of the day, local time."""
    return timezone.make_aware(datetime.combine(day, time()))


class KeyKind(Kind):
    code = KEY
    name = pgettext_lazy("kind of proposal", "Allocation key")
    propose_permission = "propose_keys"
    change_template = "billing/_key_change.html"
    effect_template = "billing/_key_effect.html"
    is_of_the_past = True

    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        pool, first = Pool.objects.get(code=subject, is_direct=False), date.fromisoformat(change["valid_from"])
        check_definition(change["definition"])
        if takes_effect(first) != takes_effect_at:
            raise AllocationError("BAD_DATE", found=change["valid_from"], pool=subject)
        if pool.key_versions.filter(valid_from=first).exists():
            raise AllocationError("OVERLAP", pool=subject, day=first)
        _refuse_inside_a_month(pool, change["definition"], first)

    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        months = closed_months(at)
        outcome = simulated(subject, change["definition"], months)
        return {member.code: Part(totals_of(outcome, member.code, months)) for member in municipalities}

    def is_first(self, subject: str, *, takes_effect_at: datetime) -> bool:
        pool, day = Pool.objects.get(code=subject, is_direct=False), timezone.localdate(takes_effect_at)
        return is_first_key(pool, day, today=timezone.localdate())

    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        """The key before ends where the new one begins, and a later one, decided earlier, keeps its day."""
        pool = Pool.objects.select_for_update().get(code=proposal.subject)
        self.check(pool.code, proposal.change, takes_effect_at=proposal.takes_effect_at)
        first = date.fromisoformat(proposal.change["valid_from"])
        later = pool.key_versions.filter(valid_from__gt=first).order_by("valid_from").first()
        running = pool.key_versions.filter(Q(valid_to=None) | Q(valid_to__gt=first), valid_from__lt=first)
        running.update(valid_to=first)
        KeyVersion.objects.create(
            pool=pool, valid_from=first, valid_to=later.valid_from if later else None,
            definition=proposal.change["definition"], label=proposal.change["label"],
            sentence=_in_danish(proposal.change["definition"]), decided_on=timezone.localdate(at),
            **decision_of(proposal),
        )  # fmt: skip

    def context(self, proposal: Proposal) -> Plain:
        pool, names = Pool.objects.get(code=proposal.subject), Names.read()
        before = version_before(pool, date.fromisoformat(proposal.change["valid_from"]))
        return {
            "pool": pool,
            "label": proposal.change["label"],
            "sentence": sentence(proposal.change["definition"], names),
            "before": before,
            "sentence_before": sentence(before.definition, names) if before else "",
        }

    def address(self, subject: str) -> str:
        return reverse("billing:key", args=[subject])


def check_definition(definition: Plain) -> None:
    """Raise what could never be used: of a key, or of what overhead shall follow."""
    if definition.get("type") == ON_COST:
        if not plain.names(definition.get("of")):
            raise AllocationError("BAD_KEY", "shape", found="of")
    else:
        read_key(definition)


def version_before(pool: Pool, day: date) -> KeyVersion | None:
    """The key that a version of that day follows."""
    return pool.key_versions.filter(valid_from__lt=day).order_by("-valid_from").first()


def closed_months(at: datetime) -> list[Period]:
    """The last months closed by then, oldest first."""
    closed = Period.objects.filter(state=Period.State.CLOSED, closed_at__lte=at).order_by("-month")
    return list(closed[:MONTHS])[::-1]


def simulated(pool: str, definition: Plain, months: list[Period]) -> Outcome | None:
    """The months with another key in the pool; None when no month is closed. Raises what the allocation refuses."""
    if not months:
        return None
    members = {member.code: member for member in Municipality.objects.all()}
    basis = bases.read(months, drivers=list(Driver.objects.all()), members=members)
    outcome, errors = compare(basis, {pool: Choice(as_in_the_end(definition))})
    if errors:
        raise errors[0]
    return outcome


def as_in_the_end(definition: Any) -> Any:
    """The definition with every transition as it is after its last step."""
    if isinstance(definition, list):
        return [as_in_the_end(inner) for inner in definition]
    if not isinstance(definition, Mapping):
        return definition
    if definition.get("type") != "transition":
        return {name: as_in_the_end(inner) for name, inner in definition.items()}
    old, new = as_in_the_end(definition["old"]), as_in_the_end(definition["new"])
    steps = sorted(definition["steps"], key=lambda step: step["from"])
    t = Fraction(steps[-1]["t"]) if steps else Fraction(0)
    if t in (0, 1):
        return new if t else old
    parts = [{"weight": str(1 - t), "key": old}, {"weight": str(t), "key": new}]
    return {"type": "mix", "parts": parts}


def totals_of(outcome: Outcome | None, code: str, months: list[Period]) -> Plain:
    """What one municipality carries in the months, as it was and with the change, in øre."""
    now, then = (
        (getattr(outcome.amounts, side).get(code, 0) if outcome else 0) for side in ("now_ore", "alternative_ore")
    )
    return {
        "months": [period.code for period in months],
        "now_ore": now,
        "new_ore": then,
        "difference_ore": then - now,
    }


def _refuse_inside_a_month(pool: Pool, definition: Plain, first: date) -> None:
    """As a bill would: overhead, and a flow that is entered for the month, cannot be cut at a day."""
    if first.day == 1:
        return
    before = version_before(pool, first)
    codes = {*KeyVersion(definition=definition).driver_codes, *(before.driver_codes if before else ())}
    entered = Driver.objects.filter(code__in=codes, nature=Driver.Nature.FLOW, source=Driver.Source.ENTERED)
    overhead = definition.get("type") == ON_COST or (before is not None and before.is_on_cost)
    if overhead or entered.exists():
        raise KeyChangesInside(pool.name)


def _in_danish(definition: Plain) -> str:
    with translation.override("da"):
        return sentence(definition, Names.read())[:300]


def decision_of(proposal: Proposal) -> dict[str, str]:
    """Who decided, and where it stands; the proposal keeps the whole of it."""
    decisions = list(proposal.decisions.select_related("municipality").order_by("municipality__code"))
    references = dict.fromkeys(decision.reference for decision in decisions)
    return {
        "decided_by": ", ".join(short_name(decision.municipality) for decision in decisions)[:120],
        "reference": "; ".join(references)[:120],
    }
