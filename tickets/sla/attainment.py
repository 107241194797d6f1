"""Attainment: met / (met + breached), by municipality and month.

A clock is decided at its breach, even while the ticket is still open, else when it stops; it belongs to the local
month of that instant. Merged, void and unpromised clocks are excluded, running and paused ones undecided: all four
numbers are shown, so that nothing hides. Without a decided clock there is no rate, and certainly not 100 %.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tickets.sla.calendar_rules import DEFAULT_ZONE
from tickets.sla.errors import SlaError
from tickets.sla.instants import EPOCH, SECOND, to_date, to_seconds
from tickets.sla.states import BREACHED, CLOCK_STATES, EXCLUDED, MET

# Up to here a float is exact; whoever counts further has made a mistake.
MOST = 2**53


@dataclass(slots=True)
class Attainment:
    met: int = 0
    breached: int = 0
    excluded: int = 0
    undecided: int = 0

    @property
    def n(self):
        return self.met + self.breached

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.met, self.n) if self.n else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        return wilson(self.met, self.n)

    def as_dict(self) -> dict[str, Any]:
        rate = self.rate
        low, high = self.interval
        return {
            "met": self.met,
            "breached": self.breached,
            "excluded": self.excluded,
            "undecided": self.undecided,
            "rate": None if rate is None else f"{rate.numerator}/{rate.denominator}",
            "low": low,
            "high": high,
        }


def attainment(month: str, clocks: Iterable[Mapping[str, Any]], *, zone: str = DEFAULT_ZONE) -> dict[str, Attainment]:
    """Figures of one month ("2026-03") per municipality, in order of their codes.

    Each clock has `municipality`, `state`, `stopped_at`, `breached_at`. Undecided clocks count in every month, and so
    do excluded ones that never stopped. Raises BAD_TIME, NAIVE_TIME, or BAD_TABLE for a clock without municipality or
    with an unknown state.
    """
    first, next_first = _month(month)
    local = ZoneInfo(zone)
    figures: dict[str, Attainment] = {}
    for clock in _table(clocks):
        code, state = clock["municipality"], clock["state"]
        counts = figures.setdefault(code, Attainment())
        decided_on = _decided_on(clock, local)
        if decided_on is None or first <= decided_on < next_first:
            column = _column(state)
            setattr(counts, column, getattr(counts, column) + 1)
    return dict(sorted(figures.items()))


def wilson(met: Any, n: Any) -> tuple[float | None, float | None]:
    """The 95 % Wilson interval of a rate; (None, None) without observations. Raises BAD_TABLE unless 0 <= met <= n."""
    check_count(met, n)
    if not n:
        return None, None
    # Imported on first use: scipy and statsmodels take seconds that web processes should not spend at their start.
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(met, n, alpha=0.05, method="wilson")
    return float(low), float(high)


def check_count(met: Any, n: Any) -> None:
    if type(met) is not int or type(n) is not int or not 0 <= met <= n <= MOST:
        raise SlaError("BAD_TABLE", value=[met, n])


def _month(text):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        raise SlaError("BAD_TIME", reason="month", value=text)
    first = to_date(f"{text}-01")
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _table(clocks):
    if isinstance(clocks, str | Mapping) or not isinstance(clocks, Iterable):
        raise SlaError("BAD_TABLE", value=clocks)
    for clock in clocks:
        if not isinstance(clock, Mapping) or clock.get("state") not in CLOCK_STATES:
            raise SlaError("BAD_TABLE", value=clock)
        if not isinstance(clock.get("municipality"), str):
            raise SlaError("BAD_TABLE", value=clock)
        yield clock


def _decided_on(clock, zone):
    """The local date on which it was decided or, for an excluded clock, would have been."""
    state, breached_at, stopped_at = clock["state"], clock.get("breached_at"), clock.get("stopped_at")
    if state == BREACHED:
        return _local_date(breached_at, zone)
    if state == MET:
        return _local_date(stopped_at, zone)
    instant = breached_at or stopped_at
    return _local_date(instant, zone) if state in EXCLUDED and instant else None


def _local_date(instant, zone):
    moment: datetime = EPOCH + to_seconds(instant) * SECOND
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def _column(state):
    if state in (MET, BREACHED):
        return state
    return "excluded" if state in EXCLUDED else "undecided"
