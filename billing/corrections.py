"""Corrections of a closed month: what it should have been, less what was booked, carried in the first open month.

The closed month itself never changes. It is calculated anew from its own snapshot with the late lines and the corrected
quantities; closed amounts are taken as they were booked. Booking the same correction again gives nothing.
(docs/en/allocation.md, "Corrections, settlement, instalments")
"""

import copy
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation import runs
from billing.allocation.settlement import correction
from billing.measuring import lock
from billing.models import (
    Allocation,
    Correction,
    CorrectionAmount,
    CorrectionSnapshot,
    Driver,
    DriverCorrection,
    LedgerLine,
    Period,
    Run,
)
from billing.periods import rows_of
from billing.plans import Plan, check_scope, digest_of, lines_of, plain_decimal
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

Amounts = dict[tuple[int | None, int], int]  # (pool, municipality) → øre


class NotClosed(RuleBroken):
    def __init__(self):
        super().__init__(_("Only a closed month is corrected. Change the lines or quantities of the month itself."))


class NotMeasured(RuleBroken):
    def __init__(self):
        super().__init__(_("The closed month shared nothing by this quantity, so there is nothing to correct."))


class LateLinesUnassigned(RuleBroken):
    def __init__(self, count: int):
        super().__init__(
            _("%(count)s late lines belong to no pool and to no municipality. Assign them first.") % {"count": count}
        )


def booking_month(corrected: Period) -> Period:
    """The first open month after a closed one; made when there is none yet."""
    later = Period.objects.filter(month__gt=corrected.month)
    open_one = later.exclude(state__in=[Period.State.APPROVED, Period.State.CLOSED]).order_by("month").first()
    if open_one:
        return open_one
    return Period.objects.of_month((later.order_by("-month").first() or corrected).end)


@transaction.atomic
def correct_value(
    period: Period,
    driver: Driver,
    municipality: Municipality,
    value: Decimal,
    *,
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> DriverCorrection:
    """Say what a quantity of a closed month should have been. Amounts follow with `correct`."""
    at = at or timezone.now()
    if not _closed(period).driver_values.filter(driver=driver, municipality=municipality).exists():
        raise NotMeasured
    row = DriverCorrection.objects.create(
        municipality=municipality, period=period, driver=driver, value=value, reason=reason, measured_by=by,
        measured_at=at,
    )  # fmt: skip
    AuditEntry.objects.record(
        "driver_corrected", municipality_id=municipality.pk, actor=by, subject=f"{driver.code} {period.code}",
        value=str(value), at=at,
    )  # fmt: skip
    return row


@transaction.atomic
def correct(corrected: Period, *, reason: str, by: Person, at: datetime | None = None) -> Correction | None:
    """Book the difference in the first open month; None when there is none.

    Raises NotClosed, LateLinesUnassigned, ScopeTooNarrow, and AllocationError when the month cannot be calculated anew.
    """
    corrected, at = _closed(corrected), at or timezone.now()
    check_scope()
    late = LedgerLine.objects.filter(corrects=corrected)
    if unassigned := late.unassigned().count():
        raise LateLinesUnassigned(unassigned)
    plan = corrected_plan(corrected)
    amounts = _differences(corrected, plan)
    new_lines = late.filter(correction=None)
    if not any(amounts.values()) and not new_lines.exists():
        return None
    booked = lock(booking_month(corrected))
    row = Correction.objects.create(
        corrected=corrected, period=booked, reason=reason, sha256=digest_of(plan), created_by=by, created_at=at
    )
    CorrectionSnapshot.objects.create(municipality=Municipality.objects.operator(), correction=row, content=plan)
    CorrectionAmount.objects.bulk_create(_rows(row, amounts))
    new_lines.update(correction=row)
    AuditEntry.objects.record(
        "period_corrected", municipality_id=Municipality.objects.operator().pk, actor=by, at=at.replace(microsecond=0),
        subject=corrected.code, booked_in=booked.code, sha256=row.sha256, reason=reason,
    )  # fmt: skip
    return row


def corrected_plan(corrected: Period) -> Plan:
    """The closed month's own snapshot with what is known better since."""
    plan = copy.deepcopy(_run_of(corrected).snapshot.content)
    plan["lines"] += lines_of(LedgerLine.objects.filter(corrects=corrected))
    for row in DriverCorrection.objects.filter(period=corrected).select_related("driver", "municipality"):
        for driver in _tables(plan, row.driver.code):
            driver[row.municipality.code] = plain_decimal(row.value)
    return plan


def _tables(plan: Plan, code: str) -> Iterable[dict]:
    driver = plan["drivers"].get(code)
    return [driver["values"]] if driver else []


def _closed(period: Period) -> Period:
    period = Period.objects.select_for_update().get(pk=period.pk)
    if period.state != Period.State.CLOSED:
        raise NotClosed
    return period


def _run_of(period: Period) -> Run:
    return period.runs.select_related("snapshot").get(is_current=True)


def _differences(corrected: Period, plan: Plan) -> Amounts:
    """Recomputed − closed − earlier corrections, per pool and municipality."""
    recomputed = rows_of(plan, runs.run(runs.read_plan(plan)), _run_of(corrected), corrected)
    closed = Allocation.objects.filter(period=corrected, run__is_current=True)
    earlier = CorrectionAmount.objects.filter(correction__corrected=corrected)
    return _per_pool(_sums(recomputed), _sums(closed), _sums(earlier))


def _per_pool(recomputed: Amounts, closed: Amounts, earlier: Amounts) -> Amounts:
    found: Amounts = {}
    for pool in {pool for amounts in (recomputed, closed, earlier) for pool, _member in amounts}:
        new, old, before = (_of_pool(amounts, pool) for amounts in (recomputed, closed, earlier))
        for member, amount in correction(closed=old, recomputed=new, earlier=[before]).items():
            found[pool, int(member)] = amount
    return found


def _of_pool(amounts: Amounts, pool: int | None) -> dict[str, int]:
    return {str(member): amount for (of, member), amount in amounts.items() if of == pool}


def _sums(rows: Iterable) -> Amounts:
    sums: Amounts = {}
    for row in rows:
        key = (row.pool_id, row.municipality_id)
        sums[key] = sums.get(key, 0) + row.amount_ore
    return sums


def _rows(row: Correction, amounts: Amounts) -> list[CorrectionAmount]:
    return [
        CorrectionAmount(correction=row, period=row.period, pool_id=pool, municipality_id=member, amount_ore=amount)
        for (pool, member), amount in sorted(amounts.items(), key=lambda item: (item[0][0] or 0, item[0][1]))
        if amount
    ]


def total_ore(period: Period) -> int:
    """What all municipalities carry in a month for months that were closed before."""
    return CorrectionAmount.objects.filter(period=period).aggregate(total=Sum("amount_ore"))["total"] or 0
