"""Are the municipalities served equally? The verdicts of a month, over the last 3 and 12 months, as rows.

The statistics stand in tickets.sla.equality; here are their tables, made from the counted figures. Strata are category
× priority for clocks and satisfaction, the kind of place for visits. The margin is the one decided for that month.
"""

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from municipalities.models import Municipality
from tickets.levels.calendar_months import months_on
from tickets.levels.models import JUDGED, EqualityMargin, EqualityVerdict, LevelFigure, LevelKind
from tickets.sla.equality import standardised, verdict
from tickets.sla.time_ratio import time_ratio, time_ratio_interval

SPANS = (3, 12)
SEED = 20140101  # of the bootstrap; stored with each verdict
TIMED = (LevelKind.FIRST_RESPONSE, LevelKind.RESOLUTION)

Counts = dict[str, dict[str, tuple[int, int]]]
Times = dict[str, dict[str, list[int]]]


def margin_of(month: date) -> EqualityMargin:
    """The margin that counts for a month; five points, decided by nobody, where none was ever recorded."""
    found = EqualityMargin.objects.filter(valid_from__lte=month).order_by("-valid_from").first()
    return found or EqualityMargin(points=EqualityMargin.DEFAULT, decided_by="", valid_from=month)


@transaction.atomic
def judge(month: date, *, now: datetime, with_times: bool = True) -> None:
    """Write the verdicts of one month from its counted figures. `with_times` also draws the intervals of the times."""
    margin = margin_of(month)
    EqualityVerdict.objects.in_scope().filter(month=month).delete()
    rows = []
    for span in SPANS:
        counts = counts_of(months_on(month, 1 - span), month)
        times = _times(months_on(month, 1 - span), month) if with_times else {}
        for kind in JUDGED:
            for code, result in judged(counts.get(kind, {}), times.get(kind, {}), margin=margin.points).items():
                rows.append((code, span, kind, result))
    owners = dict(Municipality.objects.members().values_list("code", "pk"))
    EqualityVerdict.objects.bulk_create(
        EqualityVerdict(
            municipality_id=owners[code], month=month, span=span, kind=kind, verdict=result["verdict"],
            margin_points=margin.points, result=result, measured_at=now,
        )
        for code, span, kind, result in rows
    )  # fmt: skip


def judged(counts: Counts, times: Times, *, margin: Decimal) -> dict[str, dict[str, Any]]:
    """Per municipality code what the statistics say; empty while fewer than two municipalities have anything."""
    codes = {code for stratum in counts.values() for code in stratum}
    if len(codes) < 2:
        return {}
    said, rates = verdict(counts, margin=float(margin / 100)), standardised(counts)
    results = {}
    for code, judgement in said.municipalities.items():
        met, n = (sum(stratum.get(code, (0, 0))[place] for stratum in counts.values()) for place in (0, 1))
        results[code] = judgement.as_dict() | {
            "met": met, "n": n, "more_needed": judgement.more_needed, "overall_p": said.overall_p,
            "rate": rates.rates[code], "index": rates.index,
            "covered": None if rates.covered is None else float(rates.covered), **_ratio(times, code),
        }  # fmt: skip
    return results


def _ratio(times: Times, code: str) -> dict[str, Any]:
    present = {other for stratum in times.values() for other in stratum}
    if code not in present or len(present) < 2:
        return {}
    interval = time_ratio_interval(times, code, seed=SEED)
    low, high = interval or (None, None)
    return {"ratio": time_ratio(times, code), "ratio_low": low, "ratio_high": high, "seed": SEED}


def counts_of(first: date, last: date) -> dict[str, Counts]:
    """{kind: {stratum: {municipality: (met, n)}}}"""
    sql = """
        SELECT f.kind, concat_ws('/', f.subject, f.category_id, f.priority), m.code,
            sum(f.met - f.repeated_met), sum(f.met + f.breached - f.repeated_met - f.repeated_breached)
        FROM tickets_levelfigure f JOIN municipalities_municipality m ON m.id = f.municipality_id
        WHERE f.month BETWEEN %s AND %s AND f.kind = ANY(%s) AND m.kind = 'municipality'
        GROUP BY 1, 2, 3 HAVING sum(f.met + f.breached - f.repeated_met - f.repeated_breached) > 0 ORDER BY 1, 2, 3
    """
    counts: dict[str, Counts] = defaultdict(lambda: defaultdict(dict))
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, last, list(JUDGED)])
        for kind, stratum, code, met, n in cursor.fetchall():
            counts[kind][stratum][code] = (int(met), int(n))
    return counts


def _times(first: date, last: date) -> dict[str, Times]:
    """{kind: {stratum: {municipality: [seconds]}}}"""
    times: dict[str, Times] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    rows = LevelFigure.objects.filter(month__range=(first, last), kind__in=TIMED).order_by("month", "pk")
    columns = ("kind", "category_id", "priority", "municipality__code", "elapsed", "repeated_elapsed")
    for kind, category, priority, code, elapsed, repeated in rows.values_list(*columns):
        if observed := sorted((Counter(elapsed) - Counter(repeated)).elements()):
            times[kind][f"{category}/{priority}"][code] += observed
    return {kind: {name: dict(stratum) for name, stratum in strata.items()} for kind, strata in times.items()}
