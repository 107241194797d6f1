"""Rebuilding the clocks of 100,000 tickets from their events: compared, and made anew from nothing."""

import io
import os
import time

from django.core.management import call_command

from tests.bench.database import connect_as
from tests.bench.desk import UNTIL, execute
from tests.bench.measured import Measured

TICKETS = 100_000
AIM_S = 120.0


def load_history():
    """The sample desk with the whole history of so many tickets."""
    connect_as("owner")
    call_command("sample_data", tickets=TICKETS, employees=3000, until=UNTIL, verbosity=0)
    connect_as("app")


def rebuilding():
    """By the wall, and in the processor time of the program's processes, which a busy machine lengthens less."""
    compared = _time(check=True)
    execute("DELETE FROM tickets_clock")
    made = _time(check=False)
    return [
        Measured(f"clocks of {TICKETS:,} tickets {what}, {how}, against the aim", taken, AIM_S, unit="s")
        for what, times in (("replayed and compared", compared), ("made anew from nothing", made))
        for how, taken in zip(("by the wall", "processor time of its processes"), times, strict=True)
    ]


def _time(*, check):
    wall, processor = time.perf_counter(), _processor_time()
    call_command("rebuild_clocks", check=check, stdout=io.StringIO())
    return time.perf_counter() - wall, _processor_time() - processor


def _processor_time():
    """Of this process and of those it started, in seconds."""
    return sum(os.times()[:4])
