from celery import shared_task
from django.utils import timezone

from servicecenter import time_source
from tickets import attachments, closing, counts
from tickets.levels.tasks import (  # noqa: F401  Celery looks for tasks here
    close_level_month,
    measure_levels,
    sweep_level_months,
)
from tickets.notifications.delivering import deliver_waiting
from tickets.notifications.proposals import tell_of_proposals
from tickets.notifications.telling import tell_waiting
from tickets.sla.administration import replanning
from tickets.sla.due import fire_all, outdated


@shared_task
def fire_due_clocks() -> None:
    """Wake up and fire what the rows say is due; the rows are the truth, so a lost or doubled call changes nothing."""
    now = time_source.now()
    if outdated(now=now):
        replanning.replan_waiting(now=now.replace(microsecond=0))
    fire_all(now=now)


@shared_task
def tell() -> None:
    """What happened becomes notices, and what is due of them mails; each row is told once, however often this runs."""
    now = time_source.now()
    tell_waiting(now=now)
    tell_of_proposals(now=now)
    deliver_waiting(now=now)


@shared_task
def close_solved() -> None:
    """Close what was solved and can no longer be reopened; a lost or doubled call changes nothing but the hour."""
    closing.close_solved(now=time_source.now())


@shared_task
def fold_counts() -> None:
    """Keep the rows behind the numbers of the console few; a lost or doubled call changes no number."""
    counts.fold()


@shared_task
def replan_calendars() -> None:
    """Make the plans of running clocks anew where a calendar got a new version; the rows say for which."""
    replanning.replan_waiting(now=time_source.now().replace(microsecond=0))


@shared_task
def sweep_files() -> None:
    """Files of transactions that were rolled back go; run again it finds nothing."""
    attachments.sweep(now=timezone.now())
