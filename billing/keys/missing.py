"""Keys that a month needs and does not have: of pools with cost, on every day of the month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from billing.models import GivenPart, Giving, KeyVersion, LedgerLine, Period, Pool
from municipalities.governance.models import Proposal

KEY = "key"


@dataclass(frozen=True)
class KeyMissing:
    """A pool without a key, from the first day that has none; and the proposal of one that awaits decisions."""

    pool: Pool
    since: date
    proposal: Proposal | None


def missing_keys(period: Period) -> list[KeyMissing]:
    """In order of calculation. A pool that gives everything to others needs no key of its own."""
    spans: dict[int, list[tuple[date, date]]] = {}
    for version in KeyVersion.objects.in_force(period.month, period.end).order_by("valid_from"):
        spans.setdefault(version.pool_id, []).append((version.valid_from, version.valid_to or period.end))
    firsts = ((pool, _uncovered(period, spans.get(pool.pk, []))) for pool in _with_cost(period))
    gaps = [(pool, since) for pool, since in firsts if since is not None]
    waiting = _waiting([pool.code for pool, _since in gaps])
    return [KeyMissing(pool, since, waiting.get(pool.code)) for pool, since in gaps]


def _with_cost(period: Period) -> Iterator[Pool]:
    givings = list(Giving.objects.in_force(period.month, period.end))
    emptied = {giving.giver_id for giving in givings if not giving.own}
    receivers = GivenPart.objects.filter(giving__in=givings).values_list("receiver_id", flat=True)
    wanted = {giving.idle_id for giving in givings if giving.idle_id} | set(receivers if givings else ())
    wanted |= set(LedgerLine.objects.of_run(period).joint().order_by().values_list("pool_id", flat=True).distinct())
    yield from Pool.objects.filter(pk__in=wanted - emptied - {None}, is_direct=False).order_by("position")


def _uncovered(period: Period, spans: list[tuple[date, date]]) -> date | None:
    day = period.month
    for first, end in spans:
        if first > day:
            return day
        day = max(day, end)
    return day if day < period.end else None


def _waiting(codes: list[str]) -> dict[str, Proposal]:
    if not codes:
        return {}
    found = Proposal.objects.open(at=timezone.now()).filter(kind=KEY, subject__in=codes)
    return {proposal.subject: proposal for proposal in found}
