"""What a unit costs its owner in full: the cost of its pool and the overhead that follows it (ALLOCATION, section 10).

Everything a municipality owns shares the cost, used or not, so idle units are paid for within it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation.rounding import rounded_ore
from billing.models import Allocation, KeyVersion, Period, Resource, Run

DIRECT = "direct"


@dataclass(frozen=True)
class FullCost:
    """Amounts (øre) by municipality and pool code in the newest run up to a month, and what overhead is spread on."""

    amounts: Mapping[tuple[int, str], int]
    overheads: Mapping[str, tuple[str, ...]]
    is_known: bool

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
        return cls(amounts, spread, is_known=True)

    def of_resource(self, resource: Resource, municipality_id: int) -> Fraction | None:
        """Exact øre of the month; None when the resource names no pool or nothing is calculated yet."""
        if resource.pool is None or not self.is_known:
            return None
        return self._of_pool(resource.pool.code, municipality_id) * Fraction(resource.pool_percent) / 100

    def _of_pool(self, pool: str, municipality_id: int) -> Fraction:
        carried = {pool: Fraction(self._amount(municipality_id, pool))}
        for overhead, basis in self.overheads.items():
            whole = sum(self._amount(municipality_id, code) for code in basis)
            mine = sum((carried.get(code, Fraction(0)) for code in basis), Fraction(0))
            if whole and mine:
                carried[overhead] = self._amount(municipality_id, overhead) * mine / whole
        return sum(carried.values(), Fraction(0))

    @staticmethod
    def per_unit(cost: Fraction | None, units: Fraction) -> int | None:
        """Whole øre, half up; None without a cost or without units."""
        return rounded_ore(cost / units) if cost is not None and units > 0 else None

    def _amount(self, municipality_id: int, code: str) -> int:
        return self.amounts.get((municipality_id, code), 0)
