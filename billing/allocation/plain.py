"""Reads plain values, as JSON and the database give them, and refuses whatever is not exact.

Amounts are whole øre that fit 64 bits. Drivers, weights and prices are exact: a decimal text ("0.7"), a fraction
("1/3"), an int, a Decimal or a Fraction; never a float, whose binary digits are not the ones somebody wrote.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from billing.allocation.errors import AllocationError

MIN_ORE, MAX_ORE = -(2**63), 2**63 - 1
MAX_DIGITS = 400  # more than any measured value needs, few enough to keep the arithmetic quick

NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<whole>[0-9]+)/(?P<divisor>[0-9]+)"
    r"|(?P<units>[0-9]*)(?:\.(?P<decimals>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]{1,2}))?)"
)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MUNICIPALITY_CODE = re.compile(r"[0-9]{3}")


def whole_ore(value: object, **where: object) -> int:
    """An amount in whole øre, or NOT_INTEGER; a bool is not a number here, and 100.0 is not a whole one."""
    if type(value) is not int:
        raise AllocationError("NOT_INTEGER", found=value, **where)
    if not MIN_ORE <= value <= MAX_ORE:
        raise AllocationError("NOT_INTEGER", "range", found=value, **where)
    return value


def exact_number(value: object, **where: object) -> Fraction:
    """A finite number as an exact fraction, or BAD_NUMBER."""
    if type(value) is Fraction:
        return value
    if (type(value) is str and len(value) > MAX_DIGITS) or (type(value) is int and value.bit_length() > 4 * MAX_DIGITS):
        raise AllocationError("BAD_NUMBER", "length", found=value, **where)
    exact = _fraction(value)
    if exact is None:
        raise AllocationError("BAD_NUMBER", found=value, **where)
    return exact


def _fraction(value: object) -> Fraction | None:
    if type(value) is str:
        return _fraction_of_text(value)
    if type(value) is int:
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS:
        return Fraction(value)
    return None


@lru_cache(maxsize=65_536)  # a year of months repeats most of its driver values
def _fraction_of_text(text: str) -> Fraction | None:
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    sign = -1 if match["sign"] == "-" else 1
    if match["whole"]:
        divisor = int(match["divisor"])
        return Fraction(sign * int(match["whole"]), divisor) if divisor else None
    units, decimals = match["units"], match["decimals"] or ""
    if not units + decimals:
        return None
    return sign * int(units + decimals) * Fraction(10) ** (int(match["exponent"] or 0) - len(decimals))


def weight(value: object, **where: object) -> Fraction:
    """A driver value or ratio: exact and not negative. MISSING_DRIVER, BAD_NUMBER or NEGATIVE_DRIVER otherwise."""
    if value is None:
        raise AllocationError("MISSING_DRIVER", **where)
    exact = exact_number(value, **where)
    if exact.numerator < 0:
        raise AllocationError("NEGATIVE_DRIVER", found=value, **where)
    return exact


def day(value: object, **where: object) -> date:
    """A calendar day, or BAD_DATE; a datetime is refused, since its day depends on where one stands."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise AllocationError("BAD_DATE", found=value, **where)


def instant(value: object, **where: object) -> datetime:
    """A moment with its time zone; NAIVE_TIME without one, BAD_DATE when it is no time at all."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise AllocationError("BAD_DATE", "instant", found=value, **where)
    if value.utcoffset() is None:
        raise AllocationError("NAIVE_TIME", found=value, **where)
    return value


def name(value: object, **where: object) -> str:
    """A code of a member, pool, driver or line: a text that is not empty, or BAD_KEY."""
    if isinstance(value, str) and value:
        return value
    raise AllocationError("BAD_KEY", "shape", found=value, **where)


def mapping(value: object, **where: object) -> Mapping[str, object]:
    """A table from codes to values. Nothing at all is an empty table; anything else is BAD_KEY."""
    if value is None:
        return {}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    raise AllocationError("BAD_KEY", "shape", found=value, **where)


def listing(value: object, **where: object) -> Sequence[object]:
    """A list. Nothing at all is an empty list; anything else is BAD_KEY."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return value
    raise AllocationError("BAD_KEY", "shape", found=value, **where)


def names(value: object, **where: object) -> list[str]:
    """A list of codes, each of them once: DUPLICATE otherwise."""
    found = [name(item, **where) for item in listing(value, **where)]
    if len(set(found)) < len(found):
        twice = next(item for place, item in enumerate(found) if item in found[:place])
        raise AllocationError("DUPLICATE", "name", found=twice, **where)
    return found


def amounts(value: object) -> dict[str, int]:
    """A table from members to amounts in øre."""
    return {member: whole_ore(amount, member=member) for member, amount in sorted(mapping(value).items())}


@lru_cache(maxsize=4096)  # every step of every run asks of every receiver
def is_municipality(code: str) -> bool:
    return MUNICIPALITY_CODE.fullmatch(code) is not None
