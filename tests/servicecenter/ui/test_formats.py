from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation

from servicecenter.ui import formats

NB = "\N{NO-BREAK SPACE}"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Copenhagen


@pytest.mark.parametrize(
    ("value", "decimals", "danish", "english"),
    [
        (0, 0, "0", "0"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (Fraction(123456, 100), 2, "1.234,56", "1,234.56"),
        (-5, 0, "−5", "−5"),
        (Decimal("0.005"), 2, "0,01", "0.01"),
        (Decimal("-0.005"), 2, "−0,01", "−0.01"),
        (Decimal("-0.004"), 2, "0,00", "0.00"),
        (Fraction(1, 2), 0, "1", "1"),
        (Fraction(-1, 2), 0, "−1", "−1"),
        (2.675, 2, "2,68", "2.68"),
        (Fraction(7, 100), 2, "0,07", "0.07"),
    ],
)
def test_a_number_is_rounded_half_away_from_zero(value, decimals, danish, english):
    with translation.override("da"):
        assert formats.number(value, decimals) == danish
    with translation.override("en"):
        assert formats.number(value, decimals) == english


@pytest.mark.parametrize(
    ("write", "value", "danish", "english"),
    [
        (formats.amount, 202028886, "2.020.288,86", "2,020,288.86"),
        (formats.money, 123456, f"1.234,56{NB}kr.", f"DKK{NB}1,234.56"),
        (formats.money, 0, f"0,00{NB}kr.", f"DKK{NB}0.00"),
        (formats.money, -7, f"−0,07{NB}kr.", f"DKK{NB}−0.07"),
        (formats.kroner, 5637245, f"56.372{NB}kr.", f"DKK{NB}56,372"),
        (formats.bare_kroner, -2471150, "−24.712", "−24,712"),
        (formats.thousands, 124318250, f"1.243{NB}t.kr.", f"DKK{NB}1,243k"),
        (formats.millions, 202028886, f"2,02{NB}mio.", f"2.02{NB}m"),
        (formats.bare_millions, 650457775, "6,50", "6.50"),
        (formats.percent, Fraction(3106, 10000), f"31,06{NB}%", "31.06%"),
        (formats.percent, 0.941, f"94,10{NB}%", "94.10%"),
        (formats.filesize, 999, f"999{NB}B", f"999{NB}B"),
        (formats.filesize, 84_000, f"84{NB}kB", f"84{NB}kB"),
        (formats.filesize, 999_500, f"1,0{NB}MB", f"1.0{NB}MB"),
        (formats.filesize, 1_240_000, f"1,2{NB}MB", f"1.2{NB}MB"),
        (formats.duration, 42, "42 min.", "42 min"),
        (formats.duration, 130, "2 t. 10", "2 h 10"),
        (formats.duration, 65, "1 t. 05", "1 h 05"),
        (formats.duration, -72, "1 t. 12", "1 h 12"),
        (formats.day, date(2026, 11, 9), "9. november 2026", "9 November 2026"),
        (formats.weekday, date(2026, 11, 22), "søndag den 22. november", "Sunday 22 November"),
        (formats.month, date(2026, 10, 1), "oktober 2026", "October 2026"),
    ],
)
def test_each_language_has_its_house_format(write, value, danish, english):
    with translation.override("da"):
        assert write(value) == danish
    with translation.override("en"):
        assert write(value) == english


@pytest.mark.parametrize(("oere", "expected"), [(5637245, "+56.372,45"), (-177355, "−1.773,55"), (0, "0,00")])
def test_a_change_shows_its_sign(oere, expected):
    with translation.override("da"):
        assert formats.amount(oere, signed=True) == expected


def test_times_are_those_of_copenhagen():
    assert formats.clock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "02:30"
    assert formats.clock(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "02:30"
    assert formats.clock(datetime(2026, 7, 1, 6, 47, tzinfo=UTC)) == "08:47"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 23, 7, 47, tzinfo=UTC), "today at 08:47"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "today at 00:30"),
        (datetime(2026, 11, 22, 13, 2, tzinfo=UTC), "yesterday at 14:02"),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), "tomorrow at 09:00"),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), "20 November 2026 at 09:00"),
    ],
)
def test_an_instant_is_told_from_the_readers_day(moment, expected):
    with translation.override("en"):
        assert formats.instant(moment, now=NOW) == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(minutes=4), "09:56"),
        (timedelta(hours=20), "yesterday"),
        (timedelta(days=3), "20/11"),
        (timedelta(days=400), "19/10 25"),
    ],
)
def test_a_narrow_column_has_a_short_instant(ago, expected):
    with translation.override("en"):
        assert formats.short_instant(NOW - ago, now=NOW) == expected
