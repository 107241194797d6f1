"""Closing a month of service levels: asked for by a person, done by a worker, and then nothing of it changes."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from tickets.levels.calendar_months import begins, next_month
from tickets.levels.judging import judge
from tickets.levels.measuring import measure
from tickets.levels.models import EqualityVerdict, FrozenFigure, FrozenVerdict, LevelFigure, LevelMonth


class NotOver(RuleBroken):
    def __init__(self):
        super().__init__(_("The month is not over yet. Close it when it is."))


class AlreadyClosed(RuleBroken):
    def __init__(self):
        super().__init__(_("The month is closed already. What changed since then is shown beside its figures."))


@transaction.atomic
def request_closing(month: date, *, by: Person, at: datetime | None = None) -> LevelMonth:
    """Ask for a month to be closed: a row first, the task second. Asking again while it waits wakes the task again."""
    from tickets.levels.tasks import close_level_month

    at = at or timezone.now()
    if begins(next_month(month)) > at:
        raise NotOver
    row, is_new = LevelMonth.objects.select_for_update().get_or_create(
        month=month, defaults={"requested_by": by, "requested_at": at}
    )
    if row.closed_at:
        raise AlreadyClosed
    if is_new:
        _record("level_month_requested", row, by=by, at=at)
    close_level_month.delay_on_commit(row.pk, scope=everybody())  # type: ignore[attr-defined]
    return row


@transaction.atomic
def close(row: LevelMonth, *, at: datetime, is_measured: bool = False, with_times: bool = True) -> LevelMonth:
    """Count and judge the month a last time, copy all of it into the frozen tables, and lock it.

    A month already closed stays as it is. `is_measured` leaves the counting out, when it was just done. Needs the scope
    of all municipalities.
    """
    row = LevelMonth.objects.select_for_update().get(pk=row.pk)
    if row.closed_at:
        return row
    if not is_measured:
        measure(first=row.month, last=row.month, now=at)
        judge(row.month, now=at, with_times=with_times)
    _copy(LevelFigure, FrozenFigure, row.month)
    _copy(EqualityVerdict, FrozenVerdict, row.month)
    row.closed_at = at
    row.save(update_fields=["closed_at"])
    _record("level_month_closed", row, by=row.requested_by, at=at)
    return row


def everybody() -> list[int]:
    """The scope in which figures are counted: every municipality and the shared centre."""
    return sorted(Municipality.objects.values_list("pk", flat=True))


def _copy(source, target, month: date) -> None:
    columns = ", ".join(
        connection.ops.quote_name(field.column) for field in source._meta.concrete_fields if not field.primary_key
    )
    sql = f"INSERT INTO {target._meta.db_table} ({columns}) SELECT {columns} FROM {source._meta.db_table}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} WHERE month = %s", [month])


def _record(action: str, row: LevelMonth, *, by: Person, at: datetime) -> None:
    AuditEntry.objects.record(
        action, municipality_id=Municipality.objects.operator().pk, actor=by, at=at.replace(microsecond=0),
        subject=f"{row.month:%Y-%m}",
    )  # fmt: skip
