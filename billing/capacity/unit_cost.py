"""What a unit costs its owner in full: the cost of its pool, of the pool's idle units, and the overhead that follows.

Everything a municipality owns shares the cost, used or not. What other pools use of the pool is their cost and not that
of these units; idle units, which another pool carries, are the owner's still. (docs/en/allocation.md, "Lending and
selling capacity")
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from billing.allocation.rounding import rounded_ore
from billing.models import Allocation, Giving, KeyVersion, Period, Resource, Run

DIRECT = "direct"


@dataclass(frozen=True)
class FullCost:
    """Amounts (øre) by municipality and pool code in the newest run up to a month, and what overhead is spread on."""

    amounts: Mapping[tuple[int, str], int]
    overheads: Mapping[str, tuple[str, ...]]
    is_known: bool
    given: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # giver → receiver → øre
    idle: Mapping[str, tuple[str, Fraction]] = field(default_factory=dict)  # pool → who carries its idle units, øre

    @classmethod
    def of(cls, period: Period) -> "FullCost":
        run = Run.objects.filter(is_current=True, period__month__lte=period.month).order_by("-period__month").first()
        if run is None:
            return cls({}, {}, is_known=False)
        amounts: dict[tuple[int, str], int] = {}
        for row in Allocation.objects.filter(run=run).select_related("pool"):
            for code in {row.pool.code if row.pool else DIRECT, *([DIRECT] if row.pool and row.pool.is_direct else [])}:
                amounts[row.municipality_id, code] = amounts.get((row.municipality_id, code), 0) + row.amount_ore
        versions = KeyVersion.objects.in_force(run.period.month, run.period.end).select_related("pool")
        spread = {row.pool.code: tuple(row.definition["of"]) for row in versions if row.is_on_cost}
        given = _given(run)
        return cls(amounts, spread, is_known=True, given=given, idle=_idle(run.period, given))

    def of_resource(self, resource: Resource, municipality_id: int) -> Fraction | None:
        """Exact øre of the month; None when the resource names no pool or nothing is calculated yet."""
        if resource.pool is None or not self.is_known:
            return None
        return self._of_pool(resource.pool.code, municipality_id) * Fraction(resource.pool_percent) / 100

    def _of_pool(self, pool: str, municipality_id: int) -> Fraction:
        carried = {pool: Fraction(self._amount(municipality_id, pool))}
        if pool in self.idle:
            carrier, ore = self.idle[pool]
            carried[carrier] = ore * self._part(carrier, municipality_id)
        for overhead, basis in self.overheads.items():
            whole = sum(self._amount(municipality_id, code) for code in basis)
            mine = sum((carried.get(code, Fraction(0)) for code in basis), Fraction(0))
            if whole and mine:
                idle = carried.get(overhead, Fraction(0))
                carried[overhead] = idle + (self._amount(municipality_id, overhead) - idle) * mine / whole
        return sum(carried.values(), Fraction(0))

    def _part(self, pool: str, municipality_id: int) -> Fraction:
        """The part of all that a pool had to share which the municipality carries in the end."""
        given = self.given.get(pool, {})
        total = sum(given.values()) + sum(ore for (_owner, code), ore in self.amounts.items() if code == pool)
        if not total:
            return Fraction(0)
        passed_on = sum((ore * self._part(receiver, municipality_id) for receiver, ore in given.items()), Fraction(0))
        return (self._amount(municipality_id, pool) + passed_on) / total

    @staticmethod
    def per_unit(cost: Fraction | None, units: Fraction) -> int | None:
        """Whole øre, half up; None without a cost or without units."""
        return rounded_ore(cost / units) if cost is not None and units > 0 else None

    def _amount(self, municipality_id: int, code: str) -> int:
        return self.amounts.get((municipality_id, code), 0)


def _given(run: Run) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in run.transfers.select_related("giver", "receiver"):
        found.setdefault(row.giver.code, {})[row.receiver.code] = row.amount_ore
    return found


def _idle(period: Period, given: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[str, Fraction]]:
    """A pool that carries idle units may also use some of the giver's: its amount is parted by the units."""
    found = {}
    rows = Giving.objects.in_force(period.month, period.end).exclude(idle=None).select_related("giver", "idle")
    for giving in rows.prefetch_related("parts"):
        units = {part.receiver_id: Fraction(part.units) for part in giving.parts.all()}
        left = Fraction(giving.capacity) - Fraction(giving.own) - sum(units.values(), Fraction(0))
        if left and giving.idle:
            ore = given.get(giving.giver.code, {}).get(giving.idle.code, 0)
            found[giving.giver.code] = (giving.idle.code, ore * left / (left + units.get(giving.idle_id, Fraction(0))))
    return found
