from datetime import date, timedelta

import pytest

from tickets.sla.danish_holidays import public_holidays
from tickets.sla.errors import SlaError


def easter_sunday(year):
    """Meeus, Jones and Butcher's rule for the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def by_the_rule(year):
    offsets = [-3, -2, 0, 1, 39, 49, 50] + ([26] if year <= 2023 else [])
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    return sorted(fixed + [easter_sunday(year) + timedelta(days=offset) for offset in offsets])


def test_every_year_of_the_law_follows_the_rule():
    assert {year: list(public_holidays(year)) for year in range(1900, 2201)} == {
        year: by_the_rule(year) for year in range(1900, 2201)
    }


def test_store_bededag_ended_with_2023():
    assert public_holidays(2023)[date(2023, 5, 5)] == "Store bededag"
    assert date(2024, 4, 26) not in public_holidays(2024)


def test_constitution_day_and_new_years_eve_are_no_public_holidays():
    days = public_holidays(2026)

    assert [day for day in (date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 31)) if day in days] == []


def test_names_come_in_the_language_asked_for():
    assert public_holidays(2026, language="en_US")[date(2026, 4, 3)] == "Good Friday"


@pytest.mark.parametrize("year", [1899, 2201, "2026", 2026.0, None, True])
def test_a_year_outside_the_law_is_refused(year):
    with pytest.raises(SlaError) as refused:
        public_holidays(year)

    assert refused.value.code == "BAD_TIME"
