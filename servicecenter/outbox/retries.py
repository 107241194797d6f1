"""When a mail that failed is tried again: after 1, 5, 15 and 60 minutes, then hourly for three days, then never."""

from datetime import timedelta

FIRST_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
HOURLY = 72
MOST_ATTEMPTS = 1 + len(FIRST_WAITS) + HOURLY


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after the `attempts`-th attempt (from 1) failed, or None when it was the last."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return FIRST_WAITS[attempts - 1] if attempts <= len(FIRST_WAITS) else timedelta(hours=1)
