"""The public holidays of Denmark, proposed for a calendar's holidays.

New Year, Maundy Thursday to Easter Monday, Store bededag up to 2023 (act no. 214 of 2023 abolished it), Ascension,
Whit Sunday and Monday, 25 and 26 December. Closing days such as 5 June, 24 and 31 December are no public holidays:
each municipality decides them as exceptions.
"""

from datetime import date
from functools import cache
from typing import Any

from tickets.sla.errors import SlaError
from tickets.sla.instants import FIRST_YEAR, LAST_YEAR


def public_holidays(year: Any, *, language: str = "da") -> dict[date, str]:
    """Date and name of each holiday of the year, ascending. Raises BAD_TIME outside 1900 to 2200."""
    if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
        raise SlaError("BAD_TIME", reason="year", value=year)
    return dict(sorted(_denmark()(years=year, language=language).items()))


@cache
def _denmark():
    # Imported on first use: the package loads 300 modules, half a second that most processes never need.
    from holidays.countries.denmark import Denmark

    class DenmarkUntil2200(Denmark):
        # The package stops at 2100 although its rule goes on.
        end_year = LAST_YEAR

    return DenmarkUntil2200
