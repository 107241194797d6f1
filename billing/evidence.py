"""What the desk's own quantities are counted from: sums for the calculation, tickets as evidence.

The database makes the sums, one GROUP BY for each quantity, so that no single row passes through the program however
many there are. The tickets behind a sum are kept once, when the month is approved, also by the database; until then
they are looked up, and a sum they no longer give is refused. (docs/en/allocation.md, "Drivers from tickets")
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.allocation.spans import LOCAL
from billing.models import Driver, DriverEvidence, DriverPart, DriverValue, Period
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken
from tickets.models import Ticket, TimeEntry
from tickets.status import Status

Totals = dict[int, Decimal]  # municipality id → quantity
Tickets = list[list]  # [[ticket number, quantity as text], …] in order of number


class QuantityIsOld(RuleBroken):
    def __init__(self, driver: Driver, municipality: Municipality):
        super().__init__(
            _("The tickets behind “%(driver)s” of %(name)s changed since they were counted. Calculate the month again.")
            % {"driver": driver.name, "name": municipality.name}
        )


@dataclass(frozen=True)
class Span:
    """Days of local time, `end` excluded."""

    first: date
    end: date


def totals(driver: Driver, span: Span) -> Totals:
    """What every municipality in scope has of a quantity of the desk. Raises MISSING_DRIVER for a missing weight."""
    return _TOTALS[Driver.Source(driver.source)](driver, span)


def _tickets_resolved(driver: Driver, span: Span) -> Totals:
    found: Totals = Counter()
    rows = _resolved(span).values_list("municipality_id", "priority").annotate(count=Count("pk")).order_by()
    for owner, priority, count in rows:
        found[owner] += count * weight(driver, priority)
    return dict(found)


def _minutes_worked(driver: Driver, span: Span) -> Totals:
    rows = _worked(span).values_list("municipality_id").annotate(sum=Sum("minutes")).order_by()
    return {owner: Decimal(minutes) for owner, minutes in rows}


_TOTALS = {Driver.Source.TICKETS: _tickets_resolved, Driver.Source.AGENT_MINUTES: _minutes_worked}


def weight(driver: Driver, priority: int) -> Decimal:
    """What a ticket of a priority counts: 1, or what the driver says."""
    if driver.weights is None:
        return Decimal(1)
    found = driver.weights.get(str(priority))
    if found is None:
        raise AllocationError("MISSING_DRIVER", "priority", found=priority, driver=driver.code)
    return Decimal(str(found))


def _resolved(span: Span) -> QuerySet:
    """Tickets that count in the days of their first resolution; cancelled and merged ones do not."""
    instants = (_begins(span.first), _begins(span.end) - timedelta(microseconds=1))
    rows = Ticket.objects.filter(first_resolved_at__range=instants)
    return rows.exclude(status__in=[Status.CANCELLED, Status.MERGED])


def _worked(span: Span) -> QuerySet:
    """Time entered for the days, on any ticket except spam."""
    spam = Ticket.objects.filter(pk=OuterRef("ticket_id"), cancel_reason=Ticket.CancelReason.SPAM)
    return TimeEntry.objects.filter(~Exists(spam), day__gte=span.first, day__lt=span.end)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


def tickets_behind(driver: Driver, span: Span) -> QuerySet:
    """Rows of (municipality_id, number, quantity as text), one for each ticket that counts."""
    if driver.source == Driver.Source.AGENT_MINUTES:
        rows = _worked(span).values("municipality_id", number=F("ticket__number")).order_by()
        return rows.annotate(quantity=Cast(Sum("minutes"), CharField()))
    cases = [When(priority=int(place), then=Value(str(counts))) for place, counts in (driver.weights or {}).items()]
    quantity = Case(*cases, output_field=CharField()) if cases else Value("1", output_field=CharField())
    return _resolved(span).annotate(quantity=quantity).order_by().values("municipality_id", "number", "quantity")


def of_values(values: Iterable[DriverValue]) -> dict[int, Tickets]:
    """Value id → the tickets behind it: those that were kept, or those that count today as long as none were."""
    wanted = {value.pk: value for value in values}
    kept = DriverEvidence.objects.filter(value__in=wanted)
    found = {row.value_id: row.content for row in kept if row.digest == wanted[row.value_id].digest}
    for value in wanted.values():
        if value.pk not in found and not value.period.is_frozen and value.driver.source != Driver.Source.ENTERED:
            found[value.pk] = _looked_up(value)
    return found


def _looked_up(value: DriverValue) -> Tickets:
    rows = tickets_behind(value.driver, Span(value.period.month, value.period.end))
    rows = rows.filter(municipality_id=value.municipality_id).order_by("number")
    return [
        [number, quantity] for _owner, number, quantity in rows.values_list("municipality_id", "number", "quantity")
    ]


# The evidence never leaves the database: for each value its tickets as JSON, named by their hash.
KEEP = """
WITH counted AS ({rows}), listed AS (
    SELECT municipality_id, jsonb_agg(jsonb_build_array(number, quantity) ORDER BY number) AS content,
        sum(quantity::numeric) AS total
    FROM counted GROUP BY municipality_id
), wanted AS (
    SELECT v.id AS value_id, v.municipality_id, w.id AS named, w.amount, COALESCE(l.total, 0) AS total,
        COALESCE(l.content, '[]') AS content
    FROM billing_drivervalue v JOIN ({named}) w ON w.value_id = v.id
    LEFT JOIN listed l ON l.municipality_id = v.municipality_id
), hashed AS (
    SELECT *, encode(sha256(convert_to(content::text, 'UTF8')), 'hex') AS digest FROM wanted
), kept AS (
    INSERT INTO billing_driverevidence (municipality_id, value_id, digest, content)
    SELECT municipality_id, value_id, digest, content FROM hashed
    ON CONFLICT (value_id, digest) DO NOTHING
)
SELECT named, municipality_id, digest, total = amount FROM hashed
"""
OF_VALUES = (
    "SELECT id, id AS value_id, value AS amount FROM billing_drivervalue WHERE period_id = %s AND driver_id = %s"
)
OF_PARTS = """
SELECT p.id, p.value_id, p.amount FROM billing_driverpart p JOIN billing_drivervalue v ON v.id = p.value_id
WHERE p.period_id = %s AND v.driver_id = %s AND p.first = %s AND p."end" = %s
"""


def keep(period: Period) -> None:
    """Keep the tickets behind every quantity of the desk, as they count now.

    Raises QuantityIsOld when they no longer give what was counted.
    """
    for driver in Driver.objects.exclude(source=Driver.Source.ENTERED):
        _keep(driver, Span(period.month, period.end), OF_VALUES, [period.pk, driver.pk], DriverValue)
        parts = DriverPart.objects.filter(period=period, value__driver=driver)
        for first, end in parts.order_by("first", "end").values_list("first", "end").distinct():
            _keep(driver, Span(first, end), OF_PARTS, [period.pk, driver.pk, first, end], DriverPart)


def _keep(driver: Driver, span: Span, named: str, parameters: list, model: type) -> None:
    rows, counting = tickets_behind(driver, span).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(KEEP.format(rows=rows, named=named), [*counting, *parameters])
        found = cursor.fetchall()
    for pk, owner, digest, agrees in found:
        if not agrees:
            raise QuantityIsOld(driver, Municipality.objects.get(pk=owner))
        model.objects.filter(pk=pk).update(digest=digest)
