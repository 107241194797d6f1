"""What time it is. The database is the only clock, so all processes on all machines agree; here alone it is asked.

A clock can jump: an administrator sets it, a machine wakes up, two servers disagree. `SteadyTime` therefore goes on at
the pace of the machine's own counter, which only ever counts seconds, until a jump has lasted for ten minutes and must
be the truth. A jump ahead so fires nothing before its time, and a jump back holds nothing up; what is fired twice is
impossible anyway, because effects are unique in the database.

`settings.TIME_SOURCE` names the source; a test puts one there that jumps.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

TOLERANCE = timedelta(seconds=2)
LASTING = timedelta(minutes=10)

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The present instant in UTC, from the database, steadied."""
    return _steady.now()


def database_now() -> datetime:
    """Not `now()`, which stands still within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)


def configured_source() -> datetime:
    return import_string(settings.TIME_SOURCE)()


def counter() -> timedelta:
    """Since the machine started, its sleep included."""
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))


class SteadyTime:
    """Follows `source` as long as it agrees with `counter` to two seconds, and a jump only once it has lasted."""

    def __init__(self, source: Callable[[], datetime], *, counter: Callable[[], timedelta] = counter):
        self.source = source
        self.counter = counter
        self.lock = threading.Lock()
        self.offset: timedelta | None = None
        self.jump = timedelta(0)
        self.jumped_at = timedelta(0)

    def now(self) -> datetime:
        reading, count = self.source(), self.counter()
        with self.lock:
            offset = reading - EPOCH - count
            if self.offset is None or self._may_follow(offset, count):
                self.offset, self.jump = offset, timedelta(0)
            return EPOCH + self.offset + count

    def _may_follow(self, offset: timedelta, count: timedelta) -> bool:
        """Is this no jump, or one that has lasted? Each other jump is watched anew."""
        jump = offset - self.offset if self.offset is not None else timedelta(0)
        if abs(jump) <= TOLERANCE:
            return True
        if abs(jump - self.jump) > TOLERANCE:
            logger.warning("The time source jumped by %s; it is followed if that lasts for %s.", jump, LASTING)
            self.jump, self.jumped_at = jump, count
        return count - self.jumped_at >= LASTING


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_steady = SteadyTime(configured_source)
