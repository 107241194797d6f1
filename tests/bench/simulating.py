"""A year of 98 municipalities and 40 pools shared otherwise, from the totals in the database to every difference."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import connections, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from billing.models import Allocation, Driver, DriverValue, KeyVersion, Participation, Period, Pool, Run
from billing.periods import everybody
from billing.simulator.forms import ScenarioForms
from billing.simulator.scenario import compare
from municipalities.models import Municipality, Person
from servicecenter.tenancy.scope import tenant_scope
from tests.bench.measured import Measured

MEMBERS, POOLS, MONTHS, YEAR = 98, 40, 12, 2098
SINCE, NOW = date(YEAR, 1, 1), datetime(2099, 1, 5, 12, 0, tzinfo=UTC)
CODES = ["a", "b", "c", "d", "e"]
BARE = """
SELECT a.period_id, a.pool_id, a.municipality_id, sum(a.amount_ore) FROM billing_allocation a
JOIN billing_period p ON p.id = a.period_id WHERE p.month >= '2098-01-01' AND p.month < '2099-01-01' GROUP BY 1, 2, 3
"""
QUESTION = f"periode={YEAR}&noegle-bench-3=lige&noegle-bench-7=blanding&del-bench-7=m.bench-a&rest-bench-7=lige"


def simulating():
    """The page's own way: forms from the address, months from totals, both sides calculated; against the bare sums."""
    with tenant_scope(*everybody()):
        _make_members()
    with tenant_scope(*everybody()):
        _make_year()
    taken = []
    for _run in range(3):
        with tenant_scope(*everybody()):
            start = time.perf_counter()
            forms = ScenarioForms.read(QueryDict(QUESTION))
            if not forms.are_valid():
                raise SystemExit("The scenario is not valid, so nothing was measured.")
            outcome, errors = compare(forms.basis, forms.choices())
            taken.append(time.perf_counter() - start)
        if errors or not outcome.balances or not outcome.by_pool_ore:
            raise SystemExit(f"The simulation does not hold, so nothing was measured: {errors}")
    bare, size = _bare(), f"{MONTHS} months, {MEMBERS} municipalities, {POOLS} pools"
    return [
        Measured(f"simulation: {size}", min(taken), bare, "s"),
        Measured("the same as a whole page, by the wall", _page(), bare, "s"),
    ]


def _page():
    """The page as a director opens it, from the request to the last byte."""
    settings.ALLOWED_HOSTS = ["localhost"]
    director = Person.objects.using("owner").filter(groups__name__startswith="director@").order_by("pk").first()
    client = Client(HTTP_HOST="localhost")
    with tenant_scope(director.municipality_id):
        client.force_login(Person.objects.get(pk=director.pk), backend=settings.AUTHENTICATION_BACKENDS[0])
    first = client.get(f"{reverse('billing:simulator')}?{QUESTION}", secure=settings.HTTPS)
    address = first["Location"]  # the same question as the page itself writes it
    taken = []
    for _run in range(5):
        start = time.perf_counter()
        answer = client.get(address, secure=settings.HTTPS)
        taken.append(time.perf_counter() - start)
        if answer.status_code != 200 or b"sd-sim-verdict" not in answer.content:
            raise SystemExit(f"The page answered {answer.status_code} without a result, so nothing was measured.")
    return min(taken)


def _make_members():
    known = set(Municipality.objects.values_list("code", flat=True))
    codes = [f"{code}" for code in range(300, 999) if f"{code}" not in known][: MEMBERS - len(known) + 1]
    Municipality.objects.bulk_create(
        Municipality(code=code, slug=f"bench-{code}", name=f"Bench {code} Kommune") for code in codes
    )


@transaction.atomic
def _make_year():
    members = list(Municipality.objects.members())
    drivers = [
        Driver.objects.create(code=f"bench-{code}", name=code, unit="stk.", nature=Driver.Nature.STOCK)
        for code in CODES
    ]
    pools = [Pool.objects.create(code=f"bench-{n}", name=f"Bench {n}", position=5000 + n) for n in range(POOLS)]
    KeyVersion.objects.bulk_create(
        KeyVersion(
            pool=pool, valid_from=SINCE, definition=_key(place), label="Nøgle", sentence="Nøgle", decided_by="Os"
        )
        for place, pool in enumerate(pools)
    )
    Participation.objects.bulk_create(
        Participation(municipality=member, pool=pool, valid_from=SINCE) for pool in pools for member in members
    )
    for month in range(1, MONTHS + 1):
        _make_month(date(YEAR, month, 1), members, drivers, pools)


def _key(place):
    driver = {"type": "driver", "driver": f"bench-{CODES[place % len(CODES)]}"}
    if place == POOLS - 1:
        return {"type": "on_cost", "of": [f"bench-{n}" for n in range(10)]}
    if place % 4:
        return driver
    return {"type": "mix", "parts": [{"weight": "0.3", "key": {"type": "equal"}}, {"weight": "0.7", "key": driver}]}


def _make_month(month, members, drivers, pools):
    period = Period.objects.create(month=month)
    DriverValue.objects.bulk_create(
        DriverValue(
            municipality=member, period=period, driver=driver, measured_at=NOW,
            value=Decimal(1000 + 37 * place + 13 * turn + month.month),
        )
        for place, member in enumerate(members) for turn, driver in enumerate(drivers)
    )  # fmt: skip
    each = 10_000_00
    total = each * len(members) * len(pools)
    run = Run.objects.create(
        period=period, sha256=f"{month:%Y%m}".ljust(64, "0"), engine_version="1", ledger_ore=total, allocated_ore=total,
        unallocated_ore=0, unassigned_count=0, created_at=NOW,
    )  # fmt: skip
    Allocation.objects.bulk_create(
        Allocation(municipality=member, run=run, period=period, pool=pool, amount_ore=each)
        for pool in pools for member in members
    )  # fmt: skip


def _bare():
    taken = []
    with connections["owner"].cursor() as cursor:
        for _run in range(3):
            start = time.perf_counter()
            cursor.execute(BARE)
            cursor.fetchall()
            taken.append(time.perf_counter() - start)
    return min(taken)
