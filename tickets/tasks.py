from celery import shared_task

from servicecenter import time_source
from tickets import counts
from tickets.sla.due import fire_all


@shared_task
def fire_due_clocks() -> None:
    """Wake up and fire what the rows say is due; the rows are the truth, so a lost or doubled call changes nothing."""
    fire_all(now=time_source.now())


@shared_task
def fold_counts() -> None:
    """Keep the rows behind the numbers of the console few; a lost or doubled call changes no number."""
    counts.fold()
