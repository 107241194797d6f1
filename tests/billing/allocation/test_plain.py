from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from billing.allocation import plain
from billing.allocation.errors import AllocationError

NUMBERS = [
    ("12", 12),
    ("0.7", Fraction(7, 10)),
    (".5", Fraction(1, 2)),
    ("+3", 3),
    ("-0.25", Fraction(-1, 4)),
    ("2/3", Fraction(2, 3)),
    ("-4/6", Fraction(-2, 3)),
    ("1e3", 1000),
    ("1.5E-2", Fraction(3, 200)),
    ("000.10", Fraction(1, 10)),
    (7, 7),
    (10**20, 10**20),
    (Decimal("0.1"), Fraction(1, 10)),
    (Decimal("1E+3"), 1000),
    (Fraction(1, 3), Fraction(1, 3)),
]
NO_NUMBERS = [
    None,
    "",
    " ",
    ".",
    "/",
    "1/0",
    "1/-2",
    "1.5/2",
    "1 000",
    "1_000",
    "1.000,50",
    "12,5",
    "NaN",
    "Infinity",
    "-inf",
    "0x10",
    "١٢",
    "1e999",
    "--1",
    "9" * 401,
    pytest.param(10**5000, id="5001 digits"),
    0.5,
    1.0,
    float("nan"),
    float("inf"),
    True,
    [],
    {},
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1E+999999"),
]


@pytest.mark.parametrize(("value", "exact"), NUMBERS)
def test_decimals_and_fractions_are_read_exactly(value, exact):
    assert plain.exact_number(value) == exact


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_finite_decimal_is_refused(value):
    with pytest.raises(AllocationError) as refused:
        plain.exact_number(value)

    assert refused.value.code == "BAD_NUMBER"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "2026-4-1",
        "20260401",
        "2026-W14-3",
        "2026-02-30",
        "01-04-2026",
        20260401,
        True,
        datetime(2026, 4, 1, tzinfo=UTC),
    ],
)
def test_what_is_no_day_is_refused(value):
    with pytest.raises(AllocationError) as refused:
        plain.day(value)

    assert refused.value.code == "BAD_DATE"


def test_a_day_is_a_text_or_a_date():
    assert plain.day("2026-04-01") == plain.day(date(2026, 4, 1)) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-04-01T08:00:00", "NAIVE_TIME"),
        ("2026-04-01", "NAIVE_TIME"),
        (datetime(2026, 4, 1), "NAIVE_TIME"),  # noqa: DTZ001
        ("1 April", "BAD_DATE"),
        (1775000000, "BAD_DATE"),
        (None, "BAD_DATE"),
        (True, "BAD_DATE"),
    ],
)
def test_what_is_no_instant_is_refused(value, code):
    with pytest.raises(AllocationError) as refused:
        plain.instant(value)

    assert refused.value.code == code


def test_a_code_stands_only_once_in_a_list_of_codes():
    with pytest.raises(AllocationError) as refused:
        plain.names(["A", "B", "A"])

    assert (refused.value.code, refused.value.found) == ("DUPLICATE", "A")
