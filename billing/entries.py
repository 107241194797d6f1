"""The entries behind one municipality's statement: each line's exact part, and one row of rounding per pool; then the
corrections of closed months that the month carries.

Joint lines may be read by all, direct lines only by their municipality; the database keeps them apart. Amounts in øre.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from billing import reasons
from billing.giving.flows import transfers_of
from billing.models import Allocation, CorrectionAmount, LedgerLine, Pool, Run, Transfer
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
class Received:
    """What another pool gave, opened down to the lines it was given from: lines + received + rounding = the part.

    `rounding_ore` is the municipality's part of the rounding that made the gift whole øre.
    """

    transfer: Transfer
    exact_ore: Fraction
    shown_ore: Fraction = Fraction(0)
    rounding_ore: Fraction = Fraction(0)
    lines: list[Traced] = field(default_factory=list)
    received: list["Received"] = field(default_factory=list)

    @property
    def giver(self) -> Pool:
        return self.transfer.giver

    @property
    def shown_rounding_ore(self) -> Fraction:
        return self.shown_ore - sum((part.shown_ore for part in [*self.lines, *self.received]), Fraction(0))

    @property
    def adds_up(self) -> bool:
        parts = sum((part.exact_ore for part in [*self.lines, *self.received]), Fraction(0))
        return parts + self.rounding_ore == self.exact_ore and all(part.adds_up for part in self.received)


@dataclass
class PoolEntries:
    """The lines of a pool with their exact parts. Σ parts + rounding = amount, exactly, unless lines came later."""

    allocation: Allocation
    key: str
    lines: list[Traced] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    given: list[Transfer] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.allocation.pool.name if self.allocation.pool else _("Other direct cost")

    @property
    def parts(self) -> list[Traced | Received]:
        """Lines first, then what came from other pools."""
        return [*self.lines, *self.received]

    @property
    def rounding_ore(self) -> Fraction:
        return self.allocation.exact_rounding

    @property
    def shown_rounding_ore(self) -> Fraction:
        """What is left for the rounding row when the parts stand with four decimals."""
        return self.allocation.amount_ore - sum((part.shown_ore for part in self.parts), Fraction(0))

    @property
    def posted_ore(self) -> int:
        """What was posted to the pool, and what it received."""
        received = sum(part.transfer.amount_ore for part in self.received)
        return sum(traced.line.amount_ore for traced in self.lines) + received

    @property
    def adds_up(self) -> bool:
        exact = sum((part.exact_ore for part in self.parts), Fraction(0))
        return exact + self.rounding_ore == self.allocation.amount_ore and all(part.adds_up for part in self.received)


@dataclass
class Entries:
    municipality: Municipality
    run: Run
    pools: list[PoolEntries]
    corrections: list[CorrectionAmount] = field(default_factory=list)

    @property
    def corrections_ore(self) -> int:
        """What the month carries for months that were closed before."""
        return sum(row.amount_ore for row in self.corrections)

    @property
    def payable_ore(self) -> int:
        """The statement's total: the month's own amount and the corrections booked in it."""
        return self.amount_ore + self.corrections_ore

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
    why = reasons.of_run(run, municipality)
    keys = _keys(why)
    pools = {row.pool_id: PoolEntries(row, keys.get(row.pool_id, _("Direct invoice"))) for row in allocations}
    lines = LedgerLine.objects.of_run(run.period)
    opening = _Opening.of(run, list(lines.joint().exclude(pool=None)))
    for pk, pool in pools.items():
        if pk is not None:
            opening.fill(pool, pk)
    for line in lines.filter(municipality=municipality):
        if line.pool_id in pools:
            pools[line.pool_id].lines.append(Traced(line, Fraction(line.amount_ore)))
    for pool in pools.values():
        pool.reasons = why.get(pool.allocation.pool_id, [])
        _show(pool.parts)
        for received in pool.received:
            _show_below(received)
    booked = CorrectionAmount.objects.booked_in(run.period).filter(municipality=municipality)
    return Entries(municipality, run, list(pools.values()), list(booked))


@dataclass
class _Opening:
    """The joint lines of a run and what pools gave to each other, by pool."""

    lines: dict[int, list[LedgerLine]]
    into: dict[int, list[Transfer]]
    out_of: dict[int, list[Transfer]]

    @classmethod
    def of(cls, run: Run, lines: list[LedgerLine]) -> "_Opening":
        found = cls({}, {}, {})
        for line in lines:
            found.lines.setdefault(line.pool_id, []).append(line)
        for transfer in transfers_of([run]):
            found.into.setdefault(transfer.receiver_id, []).append(transfer)
            found.out_of.setdefault(transfer.giver_id, []).append(transfer)
        return found

    def fill(self, pool: PoolEntries, pk: int) -> None:
        share = pool.allocation.exact_share or Fraction(0)
        pool.lines, pool.received = self._below(pk, share)
        pool.given = self.out_of.get(pk, [])

    def _below(self, pool: int, share: Fraction) -> tuple[list[Traced], list[Received]]:
        """What a part of a pool is made of; a pool gives only to later ones, so this comes to an end."""
        lines = [Traced(line, line.amount_ore * share) for line in self.lines.get(pool, ())]
        return lines, [self._received(transfer, share) for transfer in self.into.get(pool, ())]

    def _received(self, transfer: Transfer, share: Fraction) -> Received:
        lines, received = self._below(transfer.giver_id, share * transfer.exact_share)
        rounding = share * transfer.exact_rounding
        return Received(transfer, transfer.amount_ore * share, Fraction(0), rounding, lines, received)


def _show_below(received: Received) -> None:
    _show([*received.lines, *received.received])
    for further in received.received:
        _show_below(further)


def _show(lines: Sequence[Traced | Received]) -> None:
    """Parts with four decimals that add up to their exact sum with four: the largest remainders get one more."""
    unit = 10**DECIMALS
    scaled_parts = [traced.exact_ore * unit for traced in lines]
    whole = [part.numerator // part.denominator for part in scaled_parts]
    left = scaled(sum((traced.exact_ore for traced in lines), Fraction(0)), DECIMALS) - sum(whole)
    for place in sorted(range(len(lines)), key=lambda place: (whole[place] - scaled_parts[place], place))[:left]:
        whole[place] += 1
    for traced, value in zip(lines, whole, strict=True):
        traced.shown_ore = Fraction(value, unit)


def _keys(why: dict[int | None, list[Reason]]) -> dict[int | None, str]:
    """The short names of the keys of the month, by pool."""
    return {pool: " / ".join(reason.version.label for reason in found) for pool, found in why.items()}
