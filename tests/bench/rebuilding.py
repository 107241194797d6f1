"""Rebuilding the clocks of 100,000 tickets from their events: compared, and made anew from nothing."""

import io
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
    checked = _time(check=True)
    execute("DELETE FROM tickets_clock")
    made = _time(check=False)
    return [
        Measured(f"clocks of {TICKETS:,} tickets replayed and compared, against the aim", checked, AIM_S, unit="s"),
        Measured(f"clocks of {TICKETS:,} tickets made anew from nothing, against the aim", made, AIM_S, unit="s"),
    ]


def _time(*, check):
    start = time.perf_counter()
    call_command("rebuild_clocks", check=check, stdout=io.StringIO())
    return time.perf_counter() - start
