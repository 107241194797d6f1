"""A month shared by use: 98 municipalities, 40 pools, ten million rows of time; against the bare sums of these rows.

BENCH_USES sets the number of rows. The database makes the rows itself; they are spread over tickets of every
municipality and over the days of a month that nobody else has.
"""

import contextlib
import os
import resource
import time
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connections, transaction

from billing import periods
from billing.measuring import measure_drivers
from billing.models import Driver, DriverValue, KeyVersion, LedgerLine, Participation, Period, Pool
from municipalities.models import Municipality, Person
from servicecenter.tenancy.scope import tenant_scope
from tests.bench.database import connect_as
from tests.bench.desk import execute, without_indexes_and_foreign_keys
from tests.bench.measured import Measured
from tests.factories import make_agent, make_category, make_operator, make_ticket
from tickets.models import Ticket, TimeEntry

USES = int(os.environ.get("BENCH_USES", "10000000"))
MEMBERS, POOLS, TICKETS_EACH = 98, 40, 500
MONTH, SINCE = date(2099, 1, 1), date(2014, 1, 1)
NOW = datetime(2099, 2, 4, 9, 0, tzinfo=UTC)
LOAD_USES = f"""
INSERT INTO tickets_timeentry (municipality_id, ticket_id, agent_id, day, minutes, at)
SELECT t.municipality_id, t.id, %(agent)s, %(month)s::date + (n + t.id)::int %% 31, 5 + (n + t.id) %% 55, now()
FROM generate_series(1, (SELECT {USES} / count(*) + 1 FROM tickets_ticket)) AS n CROSS JOIN tickets_ticket AS t
LIMIT {USES}
"""
BARE_SUM = """
SELECT municipality_id, sum(minutes) FROM tickets_timeentry WHERE day >= %s AND day < %s GROUP BY municipality_id
"""


def sharing():
    """Measuring, and the whole run: measured, calculated, written. Both with a fresh month each time."""
    connect_as("owner")
    agent = _make_desk()
    with without_indexes_and_foreign_keys(TimeEntry):
        execute(LOAD_USES, {"agent": agent.pk, "month": MONTH})
    for table in ("tickets_timeentry", "tickets_ticket"):
        execute(f"VACUUM ANALYZE {table}")
    connect_as("app")
    with tenant_scope(*periods.everybody()):
        period = _make_month()
    bare, sums = _bare_sums(period)
    measuring, whole = _ours(period, agent)
    _compare(period, sums)
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)
    what = f"{USES:,} rows of use, {MEMBERS} municipalities"
    return [
        Measured(f"{what}: measured", measuring, bare, unit="s"),
        Measured(f"{what}, {POOLS} pools: measured, calculated and written", whole, bare, unit="s"),
    ]


def _make_desk():
    """Municipalities with a requester and tickets each: copies of one that was filed."""
    operator = make_operator()
    Municipality.objects.bulk_create(
        Municipality(code=f"{300 + n}", slug=f"bench-{n}", name=f"Bench {n} Kommune", joined_on=SINCE)
        for n in range(MEMBERS)
    )
    with tenant_scope(*periods.everybody()):
        told, agent = _file_one(list(Municipality.objects.members()))
    with without_indexes_and_foreign_keys(Ticket):
        execute(_copying(), {"told": told.pk, "operator": operator.pk, "each": TICKETS_EACH})
    return agent


def _file_one(members):
    Person.objects.bulk_create(
        Person(municipality=member, email=f"bruger@{member.slug}.example", name=f"Bruger {member.code}")
        for member in members
    )
    told = make_ticket(requester=Person.objects.get(municipality=members[0]), category=make_category())
    return told, make_agent(members[0])


def _copying():
    """A copy of one ticket for every requester, as often as asked; all resolved in the month."""
    changed = {
        "id": "nextval('tickets_ticket_id_seq')", "number": "nextval('ticket_number')",
        "municipality_id": "p.municipality_id", "requester_id": "p.id", "status": "'resolved'",
        "first_resolved_at": "'2099-01-12 09:00Z'", "resolved_at": "'2099-01-12 09:00Z'",
    }  # fmt: skip
    columns = [field.column for field in Ticket._meta.concrete_fields]
    values = ", ".join(changed.get(column, f"old.{column}") for column in columns)
    return (
        f"INSERT INTO tickets_ticket ({', '.join(columns)}) SELECT {values} FROM tickets_ticket AS old"
        " CROSS JOIN municipalities_person AS p CROSS JOIN generate_series(1, %(each)s)"
        " WHERE old.id = %(told)s AND p.municipality_id <> %(operator)s"
    )


@transaction.atomic
def _make_month():
    """Pools by minutes, tickets, inhabitants and mixtures; one on cost, as in the bench of the simulator."""
    minutes, tickets, inhabitants = (
        Driver.objects.create(code=source, name=source, unit="stk.", nature=nature, source=source)
        for source, nature in (("agent_minutes", "flow"), ("tickets", "flow"), ("entered", "stock"))
    )
    period, members = Period.objects.create(month=MONTH), list(Municipality.objects.members())
    pools = [Pool.objects.create(code=f"bench-{n}", name=f"Bench {n}", position=n) for n in range(POOLS)]
    KeyVersion.objects.bulk_create(
        KeyVersion(
            pool=pool, valid_from=SINCE, definition=_key(place, [minutes, tickets, inhabitants]), label="Nøgle",
            sentence="Nøgle", decided_by="Os",
        )
        for place, pool in enumerate(pools)
    )  # fmt: skip
    Participation.objects.bulk_create(
        Participation(municipality=member, pool=pool, valid_from=SINCE) for pool in pools for member in members
    )
    DriverValue.objects.bulk_create(
        DriverValue(
            municipality=member, period=period, driver=inhabitants, measured_at=NOW, value=Decimal(9000 + 37 * place)
        )
        for place, member in enumerate(members)
    )
    LedgerLine.objects.bulk_create(
        LedgerLine(
            municipality=Municipality.objects.operator(), period=period, pool=pool, source="bench",
            external_id=f"{pool.code}-{n}", digest="", booked_on=MONTH, amount_ore=1_234_567 + 1_001 * n,
        )
        for pool in pools for n in range(10)
    )  # fmt: skip
    return period


def _key(place, drivers):
    by_driver = {"type": "driver", "driver": drivers[place % 3].code}
    if place == POOLS - 1:
        return {"type": "on_cost", "of": [f"bench-{n}" for n in range(10)]}
    if place % 4:
        return by_driver
    parts = [{"weight": "0.3", "key": {"type": "equal"}}, {"weight": "0.7", "key": by_driver}]
    return {"type": "mix", "parts": parts}


class Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _ours(period, person):
    """The quickest of three; only the last is kept, so that each has to write everything."""
    measured, whole = [], []
    for attempt in range(3):
        start = time.perf_counter()
        with contextlib.suppress(Undone), tenant_scope(*periods.everybody()):
            measure_drivers(period, by=person, at=NOW)
            measured.append(time.perf_counter() - start)
            run = periods.calculate(period, by=person, at=NOW)
            whole.append(time.perf_counter() - start)
            if run.unallocated_ore or run.allocations.count() != POOLS * MEMBERS:
                raise SystemExit("The run does not share everything, so nothing was measured.")
            if attempt < 2:
                raise Undone
    return min(measured), min(whole)


def _compare(period, sums):
    with tenant_scope(*periods.everybody()):
        values = DriverValue.objects.filter(period=period, driver__source="agent_minutes")
        if dict(values.values_list("municipality_id", "value")) != sums:
            raise SystemExit("The quantities do not agree with the bare sums, so nothing was measured.")


def _bare_sums(period):
    taken = []
    with connections["owner"].cursor() as cursor:
        for _run in range(3):
            start = time.perf_counter()
            cursor.execute(BARE_SUM, [period.month, period.end])
            rows = cursor.fetchall()
            taken.append(time.perf_counter() - start)
    return min(taken), dict(rows)
