"""Everything that is known about one line of the accounts, and where its money went. Amounts in øre."""

from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Q

from billing.giving.flows import end_shares
from billing.models import Allocation, CorrectionAmount, LedgerLine, Transfer
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
    if line.pool_id is None or line.corrects_id:
        return Destination()
    return Destination(_parts(line))


def _parts(line: LedgerLine) -> list[Part]:
    """By the shares of the line's pool or, when it gives to others, by all ways its money takes."""
    rows = Allocation.objects.current().filter(period=line.period).select_related("municipality")
    moved = list(Transfer.objects.filter(run__is_current=True, period=line.period))
    gives = any(transfer.giver_id == line.pool_id for transfer in moved)
    found = list((rows if gives else rows.filter(pool=line.pool_id)).order_by("municipality__code"))
    owners = {row.municipality_id: row.municipality for row in found}
    if gives:
        ends = end_shares(found, moved)[line.pool_id]
        shares = [(owner, ends[pk]) for pk, owner in owners.items() if pk in ends]
    else:
        shares = [(row.municipality, row.exact_share) for row in found if row.exact_share is not None]
    return [Part(owner, share, line.amount_ore * share) for owner, share in shares]
