from celery import shared_task
from django.utils import timezone

from municipalities.models import Municipality
from servicecenter import time_source
from tickets import attachments, counts
from tickets.levels.tasks import (  # noqa: F401  Celery looks for tasks here
    close_level_month,
    measure_levels,
    sweep_level_months,
)
from tickets.sla.administration import replanning
from tickets.sla.due import fire_all


@shared_task
def fire_due_clocks() -> None:
    """Wake up and fire what the rows say is due; the rows are the truth, so a lost or doubled call changes nothing."""
    fire_all(now=time_source.now())


@shared_task
def fold_counts() -> None:
    """Keep the rows behind the numbers of the console few; a lost or doubled call changes no number."""
    counts.fold()


@shared_task
def replan_calendars(*, scope: list[int] | None = None) -> None:
    """Make the plans of running clocks anew where a calendar got a new version; the rows say for which."""
    scope = scope or list(Municipality.objects.values_list("pk", flat=True))
    for pk in replanning.waiting():
        replanning.replan(pk, scope=scope, now=time_source.now().replace(microsecond=0))


@shared_task
def sweep_files() -> None:
    """Files of transactions that were rolled back go; run again it finds nothing."""
    attachments.sweep(now=timezone.now())
