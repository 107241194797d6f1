"""Why a municipality's share of a pool is what it is: the key version, its quantities, and the tickets they count.

Totals are read by all; the tickets behind a quantity only by their own municipality and by joint finance, which the
database keeps apart. A key on cost has no quantity: it rests on what the named pools cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing import evidence
from billing.models import Allocation, DriverValue, KeyVersion, Run
from billing.quantities import plain, shown, unit
from municipalities.models import Municipality


@dataclass
class Quantity:
    """What the municipality has of what a key shares by, and all who share; `tickets` are (number, quantity)."""

    name: str
    mine: str
    total: str
    unit: str
    source: str = ""
    tickets: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Reason:
    version: KeyVersion
    quantities: list[Quantity]


def of_run(run: Run, municipality: Municipality) -> dict[int | None, list[Reason]]:
    """Reasons by pool, each with the versions that were in force on some day of the month."""
    versions = list(KeyVersion.objects.in_force(run.period.month, run.period.end).order_by("valid_from"))
    facts = _Facts(run, municipality)
    reasons: dict[int | None, list[Reason]] = {}
    for version in versions:
        reasons.setdefault(version.pool_id, []).append(Reason(version, facts.of(version)))
    return reasons


class _Facts:
    """Everything measured and carried in a run, read once."""

    def __init__(self, run: Run, municipality: Municipality):
        self.owner = municipality.pk
        self.values: dict[str, list[DriverValue]] = {}
        for value in DriverValue.objects.filter(period=run.period).select_related("driver", "period"):
            self.values.setdefault(value.driver.code, []).append(value)
        self.evidence = evidence.of_values(
            value for values in self.values.values() for value in values if value.municipality_id == self.owner
        )
        rows = Allocation.objects.filter(run=run)
        sums = rows.values("pool__code", "pool__is_direct", "pool_id", "municipality_id").order_by()
        self.sharers: dict[int | None, set[int]] = {}
        self.carried: dict[str, list[int]] = {}
        for row in sums.annotate(ore=Sum("amount_ore")):
            self.sharers.setdefault(row["pool_id"], set()).add(row["municipality_id"])
            code = "direct" if row["pool__is_direct"] in (True, None) else row["pool__code"]
            own_and_all = self.carried.setdefault(code, [0, 0])
            own_and_all[1] += row["ore"]
            own_and_all[0] += row["ore"] if row["municipality_id"] == self.owner else 0

    def of(self, version: KeyVersion) -> list[Quantity]:
        if version.is_on_cost:
            return [self._basis(version.definition.get("of", []))]
        measured = [self._measured(code, self.sharers.get(version.pool_id, set())) for code in version.driver_codes]
        return [quantity for quantity in measured if quantity]

    def _basis(self, codes: Iterable[str]) -> Quantity:
        own, whole = (sum(self.carried.get(code, [0, 0])[place] for code in codes) for place in (0, 1))
        name = _("What the other pools cost")
        return Quantity(name, plain(Fraction(own, 100)), plain(Fraction(whole, 100)), _("kr."))

    def _measured(self, code: str, sharers: set[int]) -> Quantity | None:
        values = [value for value in self.values.get(code, []) if value.municipality_id in sharers]
        own = next((value for value in values if value.municipality_id == self.owner), None)
        if own is None:
            return None
        driver = own.driver
        tickets = self.evidence.get(own.pk, [])
        return Quantity(
            driver.name, plain(shown(driver, own.value)), plain(shown(driver, sum(value.value for value in values))),
            unit(driver), own.source, [(str(number), plain(Fraction(str(amount)))) for number, amount in tickets],
        )  # fmt: skip
