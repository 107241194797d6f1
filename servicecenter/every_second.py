"""The loops that each worker process runs on its own: once a second each task of settings.EVERY_SECOND.

Beat wakes the workers for the same tasks, through Redis. Either is enough: without beat or without Redis these loops go
on alone, and what both begin at once is divided between them by the rows' locks. A task that takes long keeps no other
one waiting. Tasks that need Celery's time limit do not belong here.
"""

import logging
import threading
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from servicecenter import time_source

# Rows fall due when their second is over; a moment later all of them are there to be found.
AFTER_THE_SECOND = 0.01

logger = logging.getLogger(__name__)


def begin() -> None:
    """Start the loops beside what this process does; they end with the process."""
    for name in settings.EVERY_SECOND:
        threading.Thread(target=_loop, args=[import_string(name)], name=f"every second: {name}", daemon=True).start()


def _loop(task) -> None:
    pause = threading.Event()
    while True:
        pause.wait(run_once(task))


def run_once(task) -> float:
    """Returns the seconds until the next time; whatever fails is tried again then."""
    close_old_connections()
    try:
        task()
        return _until_next_second(time_source.now())
    except Exception:
        logger.exception("%s failed; it is tried again in a second.", getattr(task, "name", task))
        connections.close_all()
        return 1.0


def _until_next_second(now: datetime) -> float:
    return 1 - now.microsecond / 1_000_000 + AFTER_THE_SECOND
