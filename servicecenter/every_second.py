"""The loop that each worker process runs on its own: once a second the tasks of settings.EVERY_SECOND.

Beat wakes the workers for the same tasks, through Redis. Either is enough: without beat or without Redis this loop goes
on alone, and what both begin at once is divided between them by the rows' locks.
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
    """Start the loop beside what this process does; it ends with the process."""
    tasks = [import_string(name) for name in settings.EVERY_SECOND]
    threading.Thread(target=_loop, args=[tasks], name="every-second", daemon=True).start()


def _loop(tasks) -> None:
    pause = threading.Event()
    while True:
        pause.wait(_run_all(tasks))


def _run_all(tasks) -> float:
    """Run each task once. Returns the seconds until the next round; whatever fails is tried again then."""
    close_old_connections()
    try:
        for task in tasks:
            task()
        return _until_next_second(time_source.now())
    except Exception:
        logger.exception("The tasks of every second failed; they are tried again in a second.")
        connections.close_all()
        return 1.0


def _until_next_second(now: datetime) -> float:
    return 1 - now.microsecond / 1_000_000 + AFTER_THE_SECOND
