"""The house formats: numbers, money, shares, instants and spans as Danish and English readers expect them.

Django's own formatting reads settings and catalogues for every value; a statement holds hundreds.
These functions only ask which of the two languages is active, and they round exactly, half away from zero.
Instants are aware datetimes (stored in UTC) and are shown in Copenhagen time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import get_language, gettext

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MINUS = "\N{MINUS SIGN}"
HARD_SPACE = "\N{NO-BREAK SPACE}"

_TO_DANISH = str.maketrans(",.", ".,")

Number = int | float | Decimal | Fraction


def is_danish() -> bool:
    return (get_language() or "da").startswith("da")


# Numbers ------------------------------------------------------------------------------------------


def scaled(value: Number, decimals: int) -> int:
    """The value times 10^decimals as a whole number, rounded half away from zero."""
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    doubled = abs(exact) * 10**decimals * 2
    rounded = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return -rounded if exact < 0 else rounded


def number(value: Number, decimals: int = 0, *, signed: bool = False) -> str:
    """1.234,56 in Danish and 1,234.56 in English; `signed` puts a plus before what is above zero."""
    whole = scaled(value, decimals)
    digits = f"{abs(whole):0{decimals + 1}d}"
    text = f"{int(digits[: len(digits) - decimals]):,}"
    if decimals:
        text += "." + digits[-decimals:]
    return _sign(whole, signed=signed) + _localised(text)


def trimmed(value: Decimal, *, least: int = 0) -> str:
    """With the decimals that the value has, no trailing zeros, but at least so many decimals."""
    return number(value, max(least, -int(value.normalize().as_tuple().exponent)))


def _sign(whole: int, *, signed: bool) -> str:
    if whole < 0:
        return MINUS
    return "+" if signed and whole > 0 else ""


def _localised(text: str) -> str:
    return text.translate(_TO_DANISH) if is_danish() else text


# Money, in whole øre ------------------------------------------------------------------------------


def amount(oere: int, *, signed: bool = False) -> str:
    """The bare figure of a column headed "kr.": 1.234,56."""
    return number(Fraction(oere, 100), 2, signed=signed)


def money(oere: int, *, signed: bool = False) -> str:
    """1.234,56 kr. in Danish, DKK 1,234.56 in English."""
    return _with_unit(amount(oere, signed=signed))


def kroner(oere: int, *, signed: bool = False) -> str:
    """Whole kroner: 56.372 kr."""
    return _with_unit(bare_kroner(oere, signed=signed))


def bare_kroner(oere: int, *, signed: bool = False) -> str:
    """Whole kroner without the unit, for a figure whose line says kr.: −24.711."""
    return number(Fraction(oere, 100), signed=signed)


def bare_millions(oere: int, decimals: int = 2, *, signed: bool = False) -> str:
    """Millions of kroner without the unit, for an axis or a column headed "mio. kr.": 2,02."""
    return number(Fraction(oere, 100_000_000), decimals, signed=signed)


def thousands(oere: int, *, signed: bool = False) -> str:
    """Thousands of kroner: 1.243 t.kr."""
    figure = number(Fraction(oere, 100_000), signed=signed)
    return f"{figure}{HARD_SPACE}t.kr." if is_danish() else f"DKK{HARD_SPACE}{figure}k"


def millions(oere: int, decimals: int = 2, *, signed: bool = False) -> str:
    """Millions of kroner: 2,02 mio."""
    figure = bare_millions(oere, decimals, signed=signed)
    return f"{figure}{HARD_SPACE}mio." if is_danish() else f"{figure}{HARD_SPACE}m"


def _with_unit(figure: str) -> str:
    return f"{figure}{HARD_SPACE}kr." if is_danish() else f"DKK{HARD_SPACE}{figure}"


def percent(share: Number, decimals: int = 2, *, signed: bool = False) -> str:
    """A share of one as per cent: 0.3106 becomes 31,06 %."""
    exact = Fraction(str(share)) if isinstance(share, float) else Fraction(share)
    figure = number(exact * 100, decimals, signed=signed)
    return f"{figure}{HARD_SPACE}%" if is_danish() else f"{figure}%"


def filesize(size: int) -> str:
    """Bytes as 84 kB or 1,2 MB (decimal units)."""
    if size < 1000:
        return f"{size}{HARD_SPACE}B"
    if size < 999_500:
        return f"{number(Fraction(size, 1000))}{HARD_SPACE}kB"
    return f"{number(Fraction(size, 1_000_000), 1)}{HARD_SPACE}MB"


# Spans and instants -------------------------------------------------------------------------------


def duration(minutes: int) -> str:
    """42 min. below an hour, else 2 t. 10; in English 42 min and 2 h 10."""
    hours, rest = divmod(abs(int(minutes)), 60)
    if is_danish():
        return f"{hours} t. {rest:02d}" if hours else f"{rest} min."
    return f"{hours} h {rest:02d}" if hours else f"{rest} min"


def local(moment: datetime) -> datetime:
    return moment.astimezone(COPENHAGEN)


def clock(moment: datetime) -> str:
    return local(moment).strftime("%H:%M")


def day(on: date | datetime) -> str:
    """9. november 2026, in English 9 November 2026."""
    on = _as_date(on)
    return f"{on.day}{_ordinal_dot()} {MONTHS[on.month]} {on.year}"


def weekday(on: date | datetime) -> str:
    """søndag den 22. november, in English Sunday 22 November."""
    on = _as_date(on)
    name = str(WEEKDAYS[on.weekday()])
    return f"{name} den {on.day}. {MONTHS[on.month]}" if is_danish() else f"{name} {on.day} {MONTHS[on.month]}"


def month(on: date | datetime) -> str:
    """oktober 2026, in English October 2026."""
    on = _as_date(on)
    return f"{MONTHS[on.month]} {on.year}"


def instant(moment: datetime, *, now: datetime) -> str:
    """today at 08:47, yesterday at 14:02, tomorrow at 09:00, otherwise the date and the time."""
    days = (_as_date(moment) - _as_date(now)).days
    if days == 0:
        return gettext("today at %(time)s") % {"time": clock(moment)}
    if days == -1:
        return gettext("yesterday at %(time)s") % {"time": clock(moment)}
    if days == 1:
        return gettext("tomorrow at %(time)s") % {"time": clock(moment)}
    return gettext("%(date)s at %(time)s") % {"date": day(moment), "time": clock(moment)}


def short_instant(moment: datetime, *, now: datetime) -> str:
    """For a narrow column: 09:56 today, "yesterday", 20/11 this year, 20/11 25 before that."""
    on, today = _as_date(moment), _as_date(now)
    if on == today:
        return clock(moment)
    if on == today - timedelta(days=1):
        return gettext("yesterday")
    return f"{on.day}/{on.month}" if on.year == today.year else f"{on.day}/{on.month} {on.year % 100:02d}"


def _as_date(on: date | datetime) -> date:
    return local(on).date() if isinstance(on, datetime) else on


def _ordinal_dot() -> str:
    return "." if is_danish() else ""
