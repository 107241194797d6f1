"""Figures added up: attainment with its interval, exact median and 90th percentile, and what explains them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from typing import Any

from tickets.sla.attainment import wilson

COUNTS = ("met", "breached", "excluded", "undecided", "voided", "by_priority_change", "reopened", "counted_s")
WAITS = ("waiting_requester", "waiting_planned", "waiting_vendor", "waiting_third_party")
COLUMNS = (*COUNTS, *(f"{state}_s" for state in WAITS), "elapsed")


@dataclass
class Sum:
    """Some cells together. Shares are exact fractions of one, None where there is nothing to share: "no data"."""

    met: int = 0
    breached: int = 0
    excluded: int = 0
    undecided: int = 0
    voided: int = 0
    by_priority_change: int = 0
    reopened: int = 0
    counted_s: int = 0
    waiting_requester_s: int = 0
    waiting_planned_s: int = 0
    waiting_vendor_s: int = 0
    waiting_third_party_s: int = 0
    elapsed: list[int] = field(default_factory=list)

    def add(self, cell: Any) -> None:
        for name in COLUMNS:
            setattr(self, name, getattr(self, name) + getattr(cell, name))

    @property
    def n(self) -> int:
        """Decided: kept or broken."""
        return self.met + self.breached

    @property
    def all(self) -> int:
        return self.n + self.excluded + self.undecided

    @property
    def rate(self) -> Fraction | None:
        return _share(self.met, self.n)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        return wilson(self.met, self.n)

    @property
    def median_s(self) -> Fraction | None:
        """Seconds; between two middle ones their mean."""
        return Fraction(median(map(Fraction, self.elapsed))) if self.elapsed else None

    @property
    def p90_s(self) -> int | None:
        """Seconds within which at least nine of ten were decided: the smallest such value that was observed."""
        return sorted(self.elapsed)[-(-9 * len(self.elapsed) // 10) - 1] if self.elapsed else None

    @property
    def median_minutes(self) -> int | None:
        return None if self.median_s is None else int(self.median_s // 60)

    @property
    def p90_minutes(self) -> int | None:
        return None if self.p90_s is None else self.p90_s // 60

    @property
    def waits(self) -> dict[str, Fraction | None]:
        """The share of open time that paused, by the state that paused it."""
        return {state: _share(getattr(self, f"{state}_s"), self._open_s) for state in WAITS}

    @property
    def paused(self) -> Fraction | None:
        return _share(self._open_s - self.counted_s, self._open_s)

    @property
    def reopened_share(self) -> Fraction | None:
        return _share(self.reopened, self.n)

    @property
    def voided_share(self) -> Fraction | None:
        return _share(self.voided, self.all)

    @property
    def by_priority_change_share(self) -> Fraction | None:
        return _share(self.by_priority_change, self.n)

    @property
    def _open_s(self) -> int:
        return self.counted_s + sum(getattr(self, f"{state}_s") for state in WAITS)


def summed(cells: Iterable[Any], key=lambda cell: None) -> dict[Any, Sum]:
    """The cells added up by `key`."""
    sums: dict[Any, Sum] = {}
    for cell in cells:
        sums.setdefault(key(cell), Sum()).add(cell)
    return sums


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
