"""Test runs at the same time in one checkout: each holds a slot with its own database and Redis numbers.

A run that shares its tests out to several processes (pytest-xdist) is as many runs as it has processes.
"""

import os

from servicecenter.local.places import CHECKOUT
from servicecenter.local.processes import CannotStart, take

# Redis has 16 databases unless told otherwise; 0 and 1 are the desk's own, each slot has two.
SLOTS = 7
VARIABLE = "SERVICECENTER_TEST_SLOT" + os.environ.get("PYTEST_XDIST_WORKER", "").upper()


def slot_of_this_run() -> int:
    """The number of this run's slot, from 1. Processes that a test starts inherit it by the environment.

    The kernel gives a slot back when its run ends, however it ends. Raises CannotStart when all are taken.
    """
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = str(_take_first_free())
    return int(os.environ[VARIABLE])


def redis_databases() -> tuple[int, int]:
    """For the queue and for the cache."""
    slot = slot_of_this_run()
    return 2 * slot, 2 * slot + 1


def _take_first_free() -> int:
    folder = CHECKOUT / ".local" / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    for slot in range(1, SLOTS + 1):
        file = os.open(folder / str(slot), os.O_CREAT | os.O_WRONLY)
        if take(file):
            return slot  # the file stays open, and so the slot ours, until this process ends
        os.close(file)
    raise CannotStart(f"{SLOTS} test runs are at work in this checkout already: wait for one of them.")
