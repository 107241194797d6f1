"""The month's quantities: counted from the desk's own tickets and time, or entered for what the desk does not know.

A ticket counts in the local month of its first resolution, for the municipality of its requester; cancelled and merged
ones do not. Minutes count on the day they were entered for, on any ticket except spam. (docs/en/allocation.md)
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.allocation.spans import LOCAL
from billing.key_spans import counted_apart
from billing.models import Driver, DriverEvidence, DriverPart, DriverValue, Participation, Period
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from tickets.models import Ticket, TimeEntry
from tickets.status import Status

Evidence = list[list]


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
        count = COUNTS[Driver.Source(driver.source)]
        counted = count(driver, period.month, period.end, members)
        for member in members:
            changed += _keep(driver, period, member, counted.get(member.pk, []), by=by, at=at)
        for first, end in sorted(apart.get(driver.code, ())):
            counted = count(driver, first, end, members)
            for member in members:
                _keep_part(driver, period, member, counted.get(member.pk, []), first=first, end=end)
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


def tickets_resolved(driver: Driver, first: date, end: date, members: Iterable[Municipality]) -> dict[int, Evidence]:
    """Municipality → [[ticket number, weight], …] from a day until the day before `end`; else every ticket counts 1."""
    month = (_begins(first), _begins(end) - timedelta(microseconds=1))
    rows = Ticket.objects.filter(municipality__in=members, first_resolved_at__range=month)
    rows = rows.exclude(status__in=[Status.CANCELLED, Status.MERGED])
    evidence: dict[int, Evidence] = {}
    for owner, number, priority in rows.order_by("number").values_list("municipality_id", "number", "priority"):
        evidence.setdefault(owner, []).append([number, _weight(driver, priority)])
    return evidence


def minutes_worked(driver: Driver, first: date, end: date, members: Iterable[Municipality]) -> dict[int, Evidence]:
    """Municipality → [[ticket number, minutes], …]."""
    rows = (
        TimeEntry.objects.filter(municipality__in=members, day__gte=first, day__lt=end)
        .exclude(ticket__cancel_reason=Ticket.CancelReason.SPAM)
        .order_by("ticket__number")
        .values_list("municipality_id", "ticket__number")
        .annotate(minutes=Sum("minutes"))
    )
    evidence: dict[int, Evidence] = {}
    for owner, number, minutes in rows:
        evidence.setdefault(owner, []).append([number, str(minutes)])
    return evidence


COUNTS = {Driver.Source.TICKETS: tickets_resolved, Driver.Source.AGENT_MINUTES: minutes_worked}


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


def _weight(driver: Driver, priority: int) -> str:
    if driver.weights is None:
        return "1"
    weight = driver.weights.get(str(priority))
    if weight is None:
        raise AllocationError("MISSING_DRIVER", "priority", found=priority, driver=driver.code)
    return str(weight)


def _keep(
    driver: Driver, period: Period, member: Municipality, evidence: Evidence, *, by: Person, at: datetime
) -> bool:
    total, digest = _total(evidence, driver, member), digest_of(evidence)
    if DriverValue.objects.filter(
        municipality=member, period=period, driver=driver, value=total, digest=digest
    ).exists():
        return False
    row, _is_new = DriverValue.objects.update_or_create(
        municipality=member, period=period, driver=driver,
        defaults={"value": total, "digest": digest, "measured_at": at, "measured_by": by},
    )  # fmt: skip
    DriverEvidence.objects.get_or_create(municipality=member, value=row, digest=digest, defaults={"content": evidence})
    return True


def _keep_part(
    driver: Driver, period: Period, member: Municipality, evidence: Evidence, *, first: date, end: date
) -> None:
    value = DriverValue.objects.get(municipality=member, period=period, driver=driver)
    total, digest = _total(evidence, driver, member), digest_of(evidence)
    DriverPart.objects.update_or_create(
        municipality=member, period=period, value=value, first=first, end=end,
        defaults={"amount": total, "digest": digest},
    )  # fmt: skip
    DriverEvidence.objects.get_or_create(
        municipality=member, value=value, digest=digest, defaults={"content": evidence}
    )


def _total(evidence: Evidence, driver: Driver, member: Municipality) -> Decimal:
    total = sum((Decimal(quantity) for _number, quantity in evidence), Decimal(0))
    if total < 0:
        raise AllocationError("NEGATIVE_DRIVER", found=total, driver=driver.code, member=member.code)
    return total


def digest_of(evidence: Evidence) -> str:
    """sha256 of what a value was counted from."""
    return hashlib.sha256(json.dumps(evidence).encode()).hexdigest()
