"""Thirteen months of cost for a first look, through the product's own verbs: imported, measured, calculated, closed.

What is posted, and the keys, stand in `sample.toml`. Months whose bill was due are closed, the last whole month waits
for approval until the tenth, the running month is open.
"""

import csv
import functools
import io
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from django.utils import timezone

from billing import figures, periods
from billing.allocation.errors import AllocationError
from billing.capacity import sample as capacity
from billing.csv_lines import FIELDS
from billing.giving.proposals import write
from billing.imports import import_lines, receive
from billing.invoicing.sample import make_invoices
from billing.measuring import enter_value, measure_drivers
from billing.models import Budget, Driver, Giving, KeyVersion, Participation, Period, Pool
from billing.sample_year import make_joining, make_year
from billing.savings.sample import make_savings
from municipalities.sample.people import Community

MONTHS = 13
FIRST_DAY = date(2014, 1, 1)
SOURCE = "Økonomisystem"
SHARES = {"151": 400, "190": 290, "240": 310}
IMPORTED_ON, APPROVED_ON, BUDGET_ROUND = 4, 9, 1_000_00
VARIATION = 0.035


@functools.cache
def catalogue() -> dict:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def make_bills(community: Community, *, until: datetime, rng: Random, say: Callable[[str], None]) -> None:
    """Everything up to `until` (UTC). Needs a scope of all municipalities and the shared centre."""
    clerk, chief = community.holders("finance")
    drivers = _make_drivers()
    _make_pools(community)
    _make_givings()
    capacity.make_resources()
    capacity.make_systems(community.members, until=until)
    lines = 0
    for turn, month in enumerate(_months(until)):
        _make_budget(month)
        lines += _post(month, until, rng, by=clerk)
        period = Period.objects.of_month(month)
        _measure(period, drivers, community, turn, by=clerk, until=until)
        metered_at = min(_instant(month, 1), until)
        capacity.fill_month(period, community.members, turn=turn, by=clerk, at=metered_at)
        _settle(period, clerk=clerk, chief=chief, until=until)
    make_savings(community, until=until)
    today = timezone.localdate(until)
    for month in range(today.month + 1, 13):
        _make_budget(date(today.year, month, 1))
    make_year(catalogue(), year=today.year, by=clerk)
    figures.measure(now=until)
    invoices = make_invoices(community, by=clerk)
    make_joining(catalogue()["joining"], community, month=today.replace(day=1), at=until, by=clerk)
    closed = Period.objects.filter(state=Period.State.CLOSED).count()
    say(f"{lines} ledger lines imported, {closed} months closed and {invoices} invoices issued, figures measured")


def _months(until: datetime) -> Iterator[date]:
    """The running month and the thirteen before it, oldest first."""
    today = timezone.localdate(until)
    for back in range(MONTHS, -1, -1):
        years, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        yield date(years, month + 1, 1)


def _make_drivers() -> dict[str, Driver]:
    return {
        entry["code"]: Driver.objects.create(
            code=entry["code"], name=entry["name"], unit=entry["unit"],
            nature=Driver.Nature.FLOW if "measures" in entry else Driver.Nature.STOCK,
            source=entry.get("measures", Driver.Source.ENTERED),
        )
        for entry in catalogue()["driver"]
    }  # fmt: skip


def _make_pools(community: Community) -> None:
    data = catalogue()
    for position, entry in enumerate(data["pool"], start=1):
        is_direct = entry.get("is_direct", False)
        pool = Pool.objects.create(code=entry["code"], name=entry["name"], position=position, is_direct=is_direct)
        if is_direct:
            continue
        KeyVersion.objects.create(
            pool=pool, valid_from=FIRST_DAY, definition=entry["key"], label=entry["label"], sentence=entry["sentence"],
            decided_by=data["decided_by"], decided_on=FIRST_DAY, reference=data["reference"],
        )  # fmt: skip
        for member in community.members:
            Participation.objects.create(municipality=member, pool=pool, valid_from=FIRST_DAY)


def _make_givings() -> None:
    """The data centre serves security and the administration, which carry their part of it by their own keys."""
    data = catalogue()
    for entry in data["giving"]:
        units = {code: str(percent) for code, percent in entry["percent"].items()}
        kept = str(100 - sum(entry["percent"].values()))
        change = {
            "valid_from": FIRST_DAY.isoformat(), "basis": Giving.Basis.PERCENT, "unit": "",
            "gives": {"capacity": "100", "own": kept, "units": units, "idle": None},
        }  # fmt: skip
        decision = {"decided_by": data["decided_by"], "decided_on": FIRST_DAY, "reference": data["reference"]}
        write(Pool.objects.get(code=entry["pool"]), change, **decision)


def _make_budget(month: date) -> None:
    pools = {pool.code: pool for pool in Pool.objects.all()}
    for entry in catalogue()["pool"]:
        total = sum(kroner for *_what, kroner in entry["lines"]) * 100
        Budget.objects.create(
            pool=pools[entry["code"]], month=month, amount_ore=-(-total // BUDGET_ROUND) * BUDGET_ROUND
        )


def _post(month: date, until: datetime, rng: Random, *, by) -> int:
    """Import the month's file of the accounts, as far as it is booked by now. Returns its lines."""
    rows = [row for row in _postings(month, rng) if row["booked_on"] <= timezone.localdate(until).isoformat()]
    if not rows:
        return 0
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([field.headings[0] for field in FIELDS])
    writer.writerows([row.get(field.name, "") for field in FIELDS] for row in rows)
    at = min(_instant(_after(month), IMPORTED_ON), until)
    upload = receive(data=out.getvalue().encode(), name=f"bilag-{month:%Y-%m}.csv", source=SOURCE, by=by, at=at)
    batch = import_lines(upload, by=by, at=at)
    return batch.line_count if batch else 0


def _postings(month: date, rng: Random) -> Iterator[dict[str, str]]:
    number = 0
    for entry in catalogue()["pool"]:
        members = SHARES if entry.get("is_direct") else {"": 1000}
        for text, vendor, account, kroner in entry["lines"]:
            for member, share in members.items():
                number += 1
                ore = round(kroner * share / 10 * rng.uniform(1 - VARIATION, 1 + VARIATION))
                booked = month + timedelta(days=rng.randrange(2, 27))
                yield {
                    "external_id": f"{month:%Y%m}-{number:03}", "document_ref": f"{77000 + number}", "vendor": vendor,
                    "account": account, "month": f"{month:%Y-%m}", "booked_on": booked.isoformat(), "text": text,
                    "amount_ore": f"{ore // 100},{ore % 100:02}", "pool": entry["code"], "municipality": member,
                }  # fmt: skip


def _measure(
    period: Period, drivers: dict[str, Driver], community: Community, turn: int, *, by, until: datetime
) -> None:
    at = min(_instant(period.month, 1), until)
    for entry in catalogue()["driver"]:
        for member in community.members if "values" in entry else ():
            value = entry["values"][member.code] * (1000 + turn * entry["growth"]) // 1000
            enter_value(drivers[entry["code"]], period, member, Decimal(value), by=by, source=entry["source"], at=at)
    measure_drivers(period, by=by, at=min(_instant(period.end, IMPORTED_ON), until))


def _settle(period: Period, *, clerk, chief, until: datetime) -> None:
    """Calculate, and close what was due. A month without any registered time has no key and stays open."""
    if _instant(period.end, IMPORTED_ON) > until:
        return
    try:
        periods.calculate(period, by=clerk, at=_instant(period.end, IMPORTED_ON))
    except AllocationError:
        return
    approved_at = _instant(period.end, APPROVED_ON)
    if approved_at <= until:
        periods.approve(period, by=chief, at=approved_at)
        periods.close(period, by=chief, at=approved_at + timedelta(minutes=6))


def _after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _instant(month: date, day: int) -> datetime:
    """A quarter past ten of that day, local time."""
    return timezone.make_aware(datetime.combine(month.replace(day=day), time(10, 15)))
