"""A business case for each municipality of the sample data, and two lessons. What is invented stands in sample.toml."""

import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from billing.models import Baseline, BaselinePart, Driver, HomeCost, IndexSeries, IndexValue, Lesson
from municipalities.models import Municipality, Person
from municipalities.sample.people import Community

ORE = 100
YEARS_BACK = 2


def make_savings(community: Community, *, until: datetime) -> None:
    """Baselines of the municipalities that have one, indices from the base year on, and lessons."""
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    base_year = timezone.localdate(until).year - YEARS_BACK
    series = {entry["code"]: _make_index(entry, base_year) for entry in data["index"]}
    members = {member.code: member for member in community.members}
    for code, figures in data["municipality"].items():
        if code in members:
            _make_baseline(members[code], figures, data, base_year, series)
    directors = {person.municipality_id: person for person in community.holders("director")}
    for place, entry in enumerate(data["lesson"]):
        owner = members.get(entry["municipality"])
        if owner and owner.pk in directors:
            _write_lesson(owner, directors[owner.pk], entry, at=until - timedelta(days=30 - place))


def _make_index(entry: dict, base_year: int) -> IndexSeries:
    series = IndexSeries.objects.create(code=entry["code"], name=entry["name"], source=entry["source"])
    for place, value in enumerate(entry["values"]):
        IndexValue.objects.create(series=series, year=base_year + place, value=Decimal(value))
    return series


def _make_baseline(
    owner: Municipality, figures: dict, data: dict, base_year: int, series: dict[str, IndexSeries]
) -> None:
    baseline = Baseline.objects.create(
        municipality=owner, base_year=base_year, promised_ore=data["promised"] * ORE, scope=data["scope"].strip(),
        approved_by=data["approved_by"], approved_on=date(base_year, 11, 20), reference=data["reference"],
    )  # fmt: skip
    for entry in data["part"]:
        ore = figures["cost"] * entry["percent"]  # kroner × per cent are øre
        driver = Driver.objects.filter(code=entry.get("driver", "")).first()
        BaselinePart.objects.create(
            municipality=owner, baseline=baseline, name=entry["name"], series=series[entry["index"]], driver=driver,
            fixed_ore=0 if driver else ore, variable_ore=ore if driver else 0,
            base_volume=Decimal(figures[entry["driver"]]) if driver else None,
        )  # fmt: skip
    for year in range(base_year + 1, base_year + YEARS_BACK + 1):
        HomeCost.objects.create(municipality=owner, year=year, running_ore=figures["home"] * ORE)


def _write_lesson(owner: Municipality, author: Person, entry: dict, *, at: datetime) -> None:
    Lesson.objects.create(
        municipality=owner,
        title=entry["title"],
        text=entry["text"],
        created_by=author,
        created_at=at.replace(microsecond=0),
    )
