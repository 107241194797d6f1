"""What a municipality has of what a key shares by, in words: 641 of 2,221 hours."""

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.models import Driver, DriverValue, KeyVersion
from servicecenter.ui import formats

Exact = Fraction | int | str
Values = dict[tuple[str, int], DriverValue]  # (driver code, municipality) → value


def quantity(versions: list[KeyVersion], values: Values, *, owner: int, code: str, sharers: Collection[int]) -> str:
    """`owner` and `sharers` are municipalities' ids, `code` the owner's municipality code; empty when nothing fits."""
    if len(versions) != 1:
        return _("the key changes in the month") if versions else _("own invoices")
    agreed = _agreed(versions[0].definition, code, len(sharers))
    if agreed:
        return agreed
    parts = [of_driver(driver, values, owner=owner, sharers=sharers) for driver in versions[0].driver_codes]
    return ", ".join(part for part in parts if part)


def _agreed(definition: dict, code: str, count: int) -> str:
    """What needs no measuring."""
    match definition.get("type"):
        case "equal":
            return _("%(mine)s of %(all)s") % {"mine": 1, "all": count}
        case "on_cost":
            return _("follows the other pools")
        case "fixed":
            return _of(definition["ratio"].get(code, 0), sum(map(Fraction, definition["ratio"].values())))
        case "percent":
            return formats.percent(Fraction(definition["percent"].get(code, 0)) / 100, 0)
    return ""


def of_driver(driver: str, values: Values, *, owner: int, sharers: Collection[int]) -> str:
    mine = values.get((driver, owner))
    if mine is None:
        return ""
    total = sum(value.value for (code, member), value in values.items() if code == driver and member in sharers)
    return f"{_of(shown(mine.driver, mine.value), shown(mine.driver, total))} {unit(mine.driver)}"


def shown(driver: Driver, value: Decimal | int) -> Fraction:
    """Minutes are read as hours."""
    return Fraction(value) / 60 if driver.source == Driver.Source.AGENT_MINUTES else Fraction(value)


def unit(driver: Driver) -> str:
    return _("hours") if driver.source == Driver.Source.AGENT_MINUTES else driver.unit


def _of(mine: Exact, total: Exact) -> str:
    return _("%(mine)s of %(all)s") % {"mine": plain(mine), "all": plain(total)}


def plain(value: Exact) -> str:
    """Whole numbers without decimals, hours rounded to whole ones, small fractions with one decimal."""
    exact = Fraction(value)
    return formats.number(exact, 0 if exact.denominator == 1 or abs(exact) >= 100 else 1)
