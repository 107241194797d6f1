"""Sharing a month's cost by use, against the bare sums."""

import time
from datetime import date

from django.db import connections

from billing.allocation.rounding import apportion
from billing.measuring import measure_drivers
from billing.models import Driver, DriverValue, Participation, Period, Pool
from billing.periods import everybody
from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tests.bench.desk import execute
from tests.bench.measured import Measured, busiest_agent

USES = 1_000_000
MONTH = date(2099, 1, 1)  # nobody else's
LOAD_USES = f"""
INSERT INTO tickets_timeentry (municipality_id, ticket_id, agent_id, day, minutes, at)
SELECT municipality_id, id, %(agent)s, %(month)s::date + (n + id)::int %% 31, 5 + (n + id) %% 55, now()
FROM tickets_ticket CROSS JOIN generate_series(1, (SELECT {USES} / count(*) + 1 FROM tickets_ticket)) AS n
LIMIT {USES}
"""
BARE_SUM = """
SELECT municipality_id, sum(minutes) FROM tickets_timeentry WHERE day >= %s AND day < %s GROUP BY municipality_id
"""


def sharing_by_use():
    """A month's cost shared by 1,000,000 entries of agent time, evidence per ticket kept, against the bare sums."""
    agent = busiest_agent()
    execute(LOAD_USES, {"agent": agent.pk, "month": MONTH})
    execute("VACUUM ANALYZE tickets_timeentry")
    with tenant_scope(*everybody()):
        driver, period = _driver(), Period.objects.create(month=MONTH)
        start = time.perf_counter()
        measure_drivers(period, by=None)
        values = DriverValue.objects.filter(period=period, driver=driver).values_list("municipality__code", "value")
        weights = {code: str(value) for code, value in values}
        split = apportion(650_000_000, weights)
        ours = time.perf_counter() - start
    bare, sums = _bare_sums(period)
    if sum(split.amounts.values()) != 650_000_000 or sorted(map(float, weights.values())) != sorted(map(float, sums)):
        raise SystemExit("The shares do not agree with the bare sums, so nothing was measured.")
    return [Measured(f"{USES:,} entries of use: measured with evidence and shared", ours, bare, unit="s")]


def _driver():
    """The desk's own minutes, with a pool in which everybody takes part."""
    if not Participation.objects.in_force(MONTH, date(2099, 2, 1)).exists():
        pool = Pool.objects.create(code="bench", name="Bench", position=9999)
        for member in Municipality.objects.members():
            Participation.objects.create(municipality=member, pool=pool, valid_from=date(2014, 1, 1))
    found = Driver.objects.filter(source=Driver.Source.AGENT_MINUTES).first()
    return found or Driver.objects.create(
        code="bench-minutes", name="Minutes", nature=Driver.Nature.FLOW, unit="min", source=Driver.Source.AGENT_MINUTES
    )


def _bare_sums(period):
    taken = []
    with connections["owner"].cursor() as cursor:
        for _run in range(3):
            start = time.perf_counter()
            cursor.execute(BARE_SUM, [period.month, period.end])
            rows = cursor.fetchall()
            taken.append(time.perf_counter() - start)
    return min(taken), [total for _place, total in rows]
