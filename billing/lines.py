"""Everything that is known about one line of the accounts, and where its money went. Amounts in øre."""

from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Q

from billing.models import Allocation, CorrectionAmount, LedgerLine
from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids


@dataclass(frozen=True)
class Part:
    """What one municipality bears of the line: its exact part, by its share of the pool."""

    municipality: Municipality
    share: Fraction
    exact_ore: Fraction


@dataclass
class Destination:
    """Where the line's amount went; empty as long as it is not assigned or the month is not calculated."""

    parts: list[Part] = field(default_factory=list)
    corrections: list[CorrectionAmount] = field(default_factory=list)

    @property
    def exact_ore(self) -> Fraction:
        return sum((part.exact_ore for part in self.parts), Fraction(0))


def readable_by(person: Person):
    """Joint lines, and the direct lines of municipalities whose entries the person may read."""
    own = granted_ids(person, Municipality, "read_entries")
    lines = LedgerLine.objects.filter(Q(municipality__kind=Municipality.Kind.OPERATOR) | Q(municipality__in=own))
    return lines.select_related(
        "municipality", "period", "pool", "corrects", "correction__period", "batch__created_by", "assigned_by",
        "assigned_rule", "seal",
    )  # fmt: skip


def destination(line: LedgerLine) -> Destination:
    """Who bears the line, as of the current run of its month or, for a late line, as of its correction."""
    if line.municipality.kind != Municipality.Kind.OPERATOR:
        return Destination([Part(line.municipality, Fraction(1), Fraction(line.amount_ore))])
    if line.correction_id:
        amounts = CorrectionAmount.objects.filter(correction=line.correction, pool=line.pool)
        return Destination(corrections=list(amounts.select_related("municipality").order_by("municipality__code")))
    rows = Allocation.objects.current().filter(period=line.period, pool=line.pool_id)
    if line.pool_id is None or line.corrects_id:
        return Destination()
    rows = rows.select_related("municipality").order_by("municipality__code")
    shares = [(row.municipality, row.exact_share) for row in rows]
    return Destination([Part(owner, share, line.amount_ore * share) for owner, share in shares if share is not None])
