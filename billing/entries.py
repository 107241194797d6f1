"""The entries behind one municipality's statement: each line's exact part, and one row of rounding per pool.

Joint lines may be read by all, direct lines only by their municipality; the database keeps them apart. Amounts in øre.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from billing import reasons
from billing.models import Allocation, KeyVersion, LedgerLine, Run
from billing.reasons import Reason
from municipalities.models import Municipality
from servicecenter.ui.formats import scaled

DECIMALS = 4  # of an øre, as parts are shown


@dataclass
class Traced:
    """`shown_ore` is the exact part as it stands on the screen: parts and rounding shown add up there too."""

    line: LedgerLine
    exact_ore: Fraction
    shown_ore: Fraction = Fraction(0)


@dataclass
class PoolEntries:
    """The lines of a pool with their exact parts. Σ parts + rounding = amount, exactly, unless lines came later."""

    allocation: Allocation
    key: str
    lines: list[Traced] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.allocation.pool.name if self.allocation.pool else _("Other direct cost")

    @property
    def rounding_ore(self) -> Fraction:
        return self.allocation.exact_rounding

    @property
    def shown_rounding_ore(self) -> Fraction:
        """What is left for the rounding row when the parts stand with four decimals."""
        return self.allocation.amount_ore - sum((traced.shown_ore for traced in self.lines), Fraction(0))

    @property
    def posted_ore(self) -> int:
        return sum(traced.line.amount_ore for traced in self.lines)

    @property
    def adds_up(self) -> bool:
        exact = sum((traced.exact_ore for traced in self.lines), Fraction(0))
        return exact + self.rounding_ore == self.allocation.amount_ore


@dataclass
class Entries:
    municipality: Municipality
    run: Run
    pools: list[PoolEntries]

    @property
    def amount_ore(self) -> int:
        return sum(pool.allocation.amount_ore for pool in self.pools)

    @property
    def adds_up(self) -> bool:
        return all(pool.adds_up for pool in self.pools)


def read(municipality: Municipality, month: date) -> Entries | None:
    """The entries as of the current run, or None when the month has not been calculated."""
    run = Run.objects.filter(is_current=True, period__month=month).select_related("period").first()
    if run is None:
        return None
    allocations = run.allocations.filter(municipality=municipality).select_related("pool").order_by("pool__position")
    keys = _keys(run)
    pools = {row.pool_id: PoolEntries(row, keys.get(row.pool_id, _("Direct invoice"))) for row in allocations}
    lines = LedgerLine.objects.of_run(run.period)
    for line in lines.joint().exclude(pool=None):
        if line.pool_id in pools:
            share = pools[line.pool_id].allocation.exact_share or Fraction(0)
            pools[line.pool_id].lines.append(Traced(line, line.amount_ore * share))
    for line in lines.filter(municipality=municipality):
        if line.pool_id in pools:
            pools[line.pool_id].lines.append(Traced(line, Fraction(line.amount_ore)))
    why = reasons.of_run(run, municipality)
    for pool in pools.values():
        pool.reasons = why.get(pool.allocation.pool_id, [])
        _show(pool.lines)
    return Entries(municipality, run, list(pools.values()))


def _show(lines: list[Traced]) -> None:
    """Parts with four decimals that add up to their exact sum with four: the largest remainders get one more."""
    unit = 10**DECIMALS
    scaled_parts = [traced.exact_ore * unit for traced in lines]
    whole = [part.numerator // part.denominator for part in scaled_parts]
    left = scaled(sum((traced.exact_ore for traced in lines), Fraction(0)), DECIMALS) - sum(whole)
    for place in sorted(range(len(lines)), key=lambda place: (whole[place] - scaled_parts[place], place))[:left]:
        whole[place] += 1
    for traced, value in zip(lines, whole, strict=True):
        traced.shown_ore = Fraction(value, unit)


def _keys(run: Run) -> dict[int | None, str]:
    versions = KeyVersion.objects.in_force(run.period.month, run.period.end).order_by("valid_from")
    labels: dict[int | None, str] = {}
    for version in versions:
        labels[version.pool_id] = " / ".join(filter(None, [labels.get(version.pool_id), version.label]))
    return labels
