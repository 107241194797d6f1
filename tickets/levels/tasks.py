from celery import shared_task

from servicecenter import time_source
from servicecenter.tenancy.scope import tenant_scope
from tickets.levels import months, refreshing
from tickets.levels.models import LevelMonth


@shared_task
def measure_levels(*, scope: list[int] | None = None) -> None:
    """Count and judge the service levels of all municipalities anew, each night and when somebody asks."""
    with tenant_scope(*(scope or months.everybody())):
        refreshing.refresh(now=time_source.now())


@shared_task
def close_level_month(month_id: int, *, scope: list[int] | None = None) -> None:
    """Close a month that was asked for; a second run finds it closed."""
    with tenant_scope(*(scope or months.everybody())):
        row = LevelMonth.objects.filter(pk=month_id).first()
        if row:
            months.close(row, at=time_source.now())


@shared_task
def sweep_level_months() -> None:
    """Pick up months whose closing the queue dropped."""
    for row in LevelMonth.objects.filter(closed_at=None):
        close_level_month.delay(row.pk, scope=months.everybody())
