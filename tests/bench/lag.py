"""How late an effect is: a real worker and beat, and a thousand clocks that fall due in the same second."""

import contextlib
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from tests.bench.desk import execute
from tests.bench.measured import Measured
from tests.processes import celery, wait_until

CLOCKS = 1000
BURSTS = 3
AIM_S = 2.0
CYCLE = 500_000
LOAD_BURST = f"""
INSERT INTO tickets_clock (municipality_id, ticket_id, kind, cycle, subject, state, is_paused, calendar, started_at,
    anchor_at, elapsed_s, paused_s, target_s, due_at, cause, void_reason, plan_at, plan_percent, next_at)
SELECT municipality_id, id, 'resolution', %(cycle)s, '', 'running', false, 'desk', %(at)s, %(at)s, 0, 0, 3600, %(at)s,
    '', '', ARRAY[%(at)s]::timestamptz[], ARRAY[100], %(at)s FROM tickets_ticket ORDER BY id LIMIT {CLOCKS}
"""
P99 = f"SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM found_at - at)) {{}} >= {CYCLE}"
FROM_EFFECTS = "FROM tickets_clockeffect WHERE cycle"


def lag():
    """The 99th percentile of found_at - at, and the longest wait until a burst could be read by others."""
    seen = []
    with _worker_and_beat() as log:
        for burst in range(BURSTS):
            at = (timezone.now() + timedelta(seconds=3)).replace(microsecond=0)
            execute(LOAD_BURST, {"cycle": CYCLE + burst, "at": at})
            wait_until(lambda cycle=CYCLE + burst: _written(cycle) == CLOCKS, seconds=60, log=log)
            seen.append((timezone.now() - at).total_seconds())
    found = float(execute(P99.format(FROM_EFFECTS)))
    return [
        Measured(f"lag of {CLOCKS:,} clocks due in one second, p99 of found, against the aim", found, AIM_S, unit="s"),
        Measured("the slowest burst, written and readable by others, against the aim", max(seen), AIM_S, unit="s"),
    ]


def _written(cycle):
    return execute("SELECT count(*) FROM tickets_clockeffect WHERE cycle = %s", [cycle])


@contextlib.contextmanager
def _worker_and_beat():
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "celery.log"
        beat = ["beat", f"--schedule={folder}/schedule", "--pidfile="]
        worker = ["worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
        with celery(*worker, log=log, DATABASE_ROLE="worker"), celery(*beat, log=log, DATABASE_ROLE="worker"):
            wait_until(lambda: log.exists() and "succeeded" in log.read_text(), seconds=120, log=log)
            time.sleep(1)
            yield log
