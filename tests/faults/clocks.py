"""Clocks by the thousand, and the proof by counting: what must be seen is worked out from what was loaded."""

import functools
import itertools
from dataclasses import dataclass

from tests.faults.servers import Servers
from tests.processes import wait_until as wait_for

# A busy machine is no fault.
wait_until = functools.partial(wait_for, seconds=120)
_first = itertools.count(10_000, 10_000)

LOAD = """
INSERT INTO tickets_clock (municipality_id, ticket_id, kind, cycle, subject, state, is_paused, calendar, started_at,
    anchor_at, elapsed_s, paused_s, target_s, due_at, cause, void_reason, plan_at, plan_percent, next_at)
SELECT municipality_id, id, 'resolution', %(first)s + n, '', 'running', false, 'desk', due - interval '1 hour',
    due - interval '1 hour', 0, 0, 3600, due, '', '', ARRAY[warning, warning, due], ARRAY[50, 90, 100], warning
FROM tickets_ticket, generate_series(0, %(count)s - 1) AS n,
    LATERAL (SELECT %(now)s::timestamptz + interval '1 second' * (%(since)s + n %% %(spread)s)) AS a(due),
    LATERAL (SELECT due - interval '1 second' * %(warned)s) AS b(warning)
"""
IN_RANGE = "kind = 'resolution' AND cycle BETWEEN %(first)s AND %(first)s + 9999"
# Of every clock and every one of its instants that has passed, one row: no more, no fewer, at its exact instant.
EXPECTED = f"""
SELECT cycle, percent, at FROM faults_plan WHERE {IN_RANGE} AND at <= %(until)s
"""
SEEN = f"SELECT cycle, percent, at FROM tickets_clockeffect WHERE {IN_RANGE}"
MISSING = f"SELECT count(*) FROM ({EXPECTED} EXCEPT ALL {SEEN}) AS missing"
TOO_MANY = f"SELECT count(*) FROM ({SEEN} EXCEPT ALL {EXPECTED}) AS too_many"
KEEP_PLAN = f"""
CREATE TABLE IF NOT EXISTS faults_plan (kind text, cycle int, percent int, at timestamptz);
INSERT INTO faults_plan SELECT kind, cycle, step.percent, step.at FROM tickets_clock,
    unnest(plan_at, plan_percent) AS step(at, percent) WHERE {IN_RANGE}
"""
EARLY = f"SELECT count(*) FROM tickets_clockeffect WHERE {IN_RANGE} AND at > clock_timestamp()"
STATES = f"SELECT state, next_at IS NULL, count(*) FROM tickets_clock WHERE {IN_RANGE} GROUP BY 1, 2 ORDER BY 1, 2"


@dataclass
class Loaded:
    servers: Servers
    first: int

    def ask(self, statement, **more):
        return self.servers.ask(statement, {"first": self.first, **more})

    def one(self, statement, **more):
        ((answer,),) = self.ask(statement, **more)
        return answer

    @property
    def seen(self):
        return self.one(f"SELECT count(*) FROM ({SEEN}) AS seen")

    @property
    def early(self):
        """Effects that are there before their instant, by the true clock."""
        return self.one(EARLY)

    def prove(self, *, expected, log=None):
        """Wait until `expected` effects are there, then count: each expected one is seen once, and no other."""

        def all_are_seen():
            return self.seen >= expected

        wait_until(all_are_seen, log=log)
        until = self.one("SELECT max(at) FROM tickets_clockeffect WHERE " + IN_RANGE)
        counted = {
            "expected": self.one(f"SELECT count(*) FROM ({EXPECTED}) AS expected", until=until),
            "seen": self.seen,
            "lost": self.one(MISSING, until=until),
            "doubled": self.one(TOO_MANY, until=until),
            "early": self.early,
        }
        assert counted == {"expected": expected, "seen": expected, "lost": 0, "doubled": 0, "early": 0}


def load(servers, *, count=2000, since=-60, spread=1, warned=10):
    """`count` clocks in one statement, due `since` seconds from now over the next `spread`, warned `warned` before."""
    loaded = Loaded(servers, next(_first))
    now = loaded.one("SELECT date_trunc('second', clock_timestamp())")
    # In one transaction: a worker that is awake must not fire a clock before its plan is noted.
    loaded.ask(f"{LOAD}; {KEEP_PLAN}", now=now, count=count, since=since, spread=spread, warned=warned)
    return loaded
