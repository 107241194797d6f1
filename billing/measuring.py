"""The month's quantities: counted from the desk's own tickets and time, or entered for what the desk does not know.

A ticket counts in the local month of its first resolution, for the municipality of its requester; cancelled and merged
ones do not. Minutes count on the day they were entered for, on any ticket except spam. (docs/en/allocation.md)
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import evidence
from billing.allocation.errors import AllocationError
from billing.evidence import Span, Totals
from billing.key_spans import counted_apart
from billing.models import Driver, DriverPart, DriverValue, Participation, Period
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken


class PeriodFrozen(RuleBroken):
    def __init__(self):
        super().__init__(_("The month is approved and stays as it is. Book a correction in an open month."))


@transaction.atomic
def measure_drivers(period: Period, *, by: Person, at: datetime | None = None) -> int:
    """Count the desk's own drivers for everybody who takes part. Returns the number of values that changed."""
    at = at or timezone.now()
    period = lock(period)
    members = _taking_part(period)
    apart = counted_apart(period)
    changed = 0
    for driver in Driver.objects.exclude(source=Driver.Source.ENTERED):
        totals = evidence.totals(driver, Span(period.month, period.end))
        changed += _keep_values(driver, period, members, totals, by=by, at=at)
        for first, end in sorted(apart.get(driver.code, ())):
            span = Span(first, end)
            _keep_parts(driver, period, members, evidence.totals(driver, span), span)
    return changed


@transaction.atomic
def enter_value(
    driver: Driver,
    period: Period,
    municipality: Municipality,
    value: Decimal,
    *,
    by: Person,
    source: str = "",
    at: datetime | None = None,
) -> DriverValue:
    """A quantity that somebody read elsewhere, for example the inhabitants on the first of the month."""
    period = lock(period)
    row, _is_new = DriverValue.objects.update_or_create(
        municipality=municipality, period=period, driver=driver,
        defaults={"value": value, "source": source, "measured_at": at or timezone.now(), "measured_by": by},
    )  # fmt: skip
    AuditEntry.objects.record(
        "driver_entered", municipality_id=municipality.pk, actor=by, subject=f"{driver.code} {period.code}",
        value=str(value), at=at,
    )  # fmt: skip
    return row


def lock(period: Period) -> Period:
    """The period, locked and still open to change. Raises PeriodFrozen."""
    period = Period.objects.select_for_update().get(pk=period.pk)
    if period.is_frozen:
        raise PeriodFrozen
    return period


def _taking_part(period: Period) -> list[Municipality]:
    ids = Participation.objects.in_force(period.month, period.end).values("municipality_id")
    return list(Municipality.objects.members().filter(pk__in=ids))


def _keep_values(
    driver: Driver, period: Period, members: list[Municipality], totals: Totals, *, by: Person, at: datetime
) -> int:
    """Write what differs from what was counted before. Returns the number of values that changed."""
    known = dict(DriverValue.objects.filter(period=period, driver=driver).values_list("municipality_id", "value"))
    changed = [
        DriverValue(
            municipality=member, period=period, driver=driver, value=_checked(totals, driver, member),
            measured_at=at, measured_by=by,
        )
        for member in members if known.get(member.pk) != totals.get(member.pk, Decimal(0))
    ]  # fmt: skip
    DriverValue.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["municipality", "period", "driver"],
        update_fields=["value", "digest", "measured_at", "measured_by"],
    )  # fmt: skip
    return len(changed)


def _keep_parts(driver: Driver, period: Period, members: list[Municipality], totals: Totals, span: Span) -> None:
    values = dict(DriverValue.objects.filter(period=period, driver=driver).values_list("municipality_id", "pk"))
    DriverPart.objects.bulk_create(
        [
            DriverPart(
                municipality=member, period=period, value_id=values[member.pk], first=span.first, end=span.end,
                amount=_checked(totals, driver, member),
            )
            for member in members
        ],
        update_conflicts=True, unique_fields=["value", "first", "end"], update_fields=["amount", "digest"],
    )  # fmt: skip


def _checked(totals: Totals, driver: Driver, member: Municipality) -> Decimal:
    total = totals.get(member.pk, Decimal(0))
    if total < 0:
        raise AllocationError("NEGATIVE_DRIVER", found=total, driver=driver.code, member=member.code)
    return total
