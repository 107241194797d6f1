"""The stretches of a month under one key, for the pools whose key changes inside it.

A flow is counted separately for each of them: what was raised under the old key is shared by the old key.
(docs/en/allocation.md, "A pool in a period")
"""

from dataclasses import dataclass
from datetime import date

from billing.models import Driver, KeyVersion, Period, Pool


@dataclass(frozen=True)
class KeySpan:
    """A key version within a month, from `first` until the day before `end`."""

    version: KeyVersion
    first: date
    end: date


def changing_pools(period: Period) -> dict[Pool, list[KeySpan]]:
    """Pools with more than one key version in the month, each with its stretches in order of time."""
    found: dict[Pool, list[KeySpan]] = {}
    for version in KeyVersion.objects.in_force(period.month, period.end).select_related("pool").order_by("valid_from"):
        span = KeySpan(version, max(version.valid_from, period.month), min(version.valid_to or period.end, period.end))
        found.setdefault(version.pool, []).append(span)
    return {pool: spans for pool, spans in found.items() if len(spans) > 1}


def counted_apart(period: Period) -> dict[str, set[tuple[date, date]]]:
    """Driver code → the stretches for which the desk counts it apart from the month as a whole."""
    flows = set(_desk_drivers().values_list("code", flat=True))
    wanted: dict[str, set[tuple[date, date]]] = {}
    for spans in changing_pools(period).values():
        for span in spans:
            for code in flows.intersection(span.version.driver_codes):
                wanted.setdefault(code, set()).add((span.first, span.end))
    return wanted


def _desk_drivers():
    return Driver.objects.exclude(source=Driver.Source.ENTERED)
