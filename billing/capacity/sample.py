"""Capacity of the sample data, entered through the exchange's own verbs."""

import functools
import tomllib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from billing.capacity import exchange
from billing.models import CriticalSystem, DataCentre, Dependence, Period, Pool, Resource
from municipalities.models import Municipality, Person


@functools.cache
def catalogue() -> dict:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def make_resources() -> None:
    pools = {pool.code: pool for pool in Pool.objects.all()}
    for position, entry in enumerate(catalogue()["resource"]):
        Resource.objects.create(
            code=entry["code"], name=entry["name"], unit=entry["unit"], pool=pools[entry["pool"]],
            pool_percent=entry["percent"], position=position,
        )  # fmt: skip


def fill_month(period: Period, members: list[Municipality], *, turn: int, by: Person, at: datetime) -> None:
    """Meters and trades of a month that is still open; `turn` counts the months, and use grows with it."""
    resources = {resource.code: resource for resource in Resource.objects.all()}
    known = {member.code: member for member in members}
    for entry in catalogue()["resource"]:
        for code in entry["owned"].keys() & known.keys():
            exchange.meter(
                known[code], resources[entry["code"]], period, owned=Decimal(entry["owned"][code]),
                used=_grown(entry["used"][code], turn, entry["growth"]), by=by, at=at, source="Overvågning",
            )  # fmt: skip
    for entry in catalogue()["trade"]:
        exchange.trade(
            period, resources[entry["resource"]], kind=entry["kind"], seller=known[entry["seller"]],
            buyer=known[entry["buyer"]], units=Decimal(entry["units"]), unit_price=Decimal(entry["price"]) * 100,
            agreement=entry["agreement"], by=by, at=at,
        )  # fmt: skip


def _grown(now: str, turn: int, growth: int) -> Decimal:
    """The use of the newest month (turn 13), less `growth` per mille for each month before it, in quarters."""
    return round(Decimal(now) * (1000 - (13 - turn) * growth) / 250) / Decimal(4)


def make_systems(members: list[Municipality], *, until: datetime) -> None:
    centres = {entry["name"]: DataCentre.objects.create(**entry) for entry in catalogue()["data_centre"]}
    for entry in catalogue()["system"]:
        system = CriticalSystem.objects.create(
            code=entry["code"], name=entry["name"], purpose=entry["purpose"], data_centre=centres[entry["stands"]],
            standby=centres.get(entry.get("standby", "")), recovery_hours=entry["hours"],
            data_loss_minutes=entry["minutes"], agreed_on=until.date() - timedelta(days=400),
            reference="Driftsaftalen",
            tested_on=until.date() - timedelta(days=entry["tested"]) if "tested" in entry else None,
        )  # fmt: skip
        for member in members:
            Dependence.objects.create(municipality=member, system=system, duty=entry["duty"])
