"""Service levels of the sample months: the phone and the margin; then counted, judged and closed.

All through the product's own counting. Months that were over for some days are closed by the lead; the last whole month
waits for it until the fifth. Only the latest months are judged, which takes the longest.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from municipalities.models import Municipality
from municipalities.sample.people import Community
from servicecenter.ui.formats import COPENHAGEN
from tickets import lifecycle
from tickets.levels import margins, months
from tickets.levels.calendar_months import begins, month_of, months_between, months_on, next_month
from tickets.levels.judging import judge
from tickets.levels.measuring import measure
from tickets.levels.models import LevelMonth
from tickets.levels.pauses import add_pauses
from tickets.levels.refreshing import MONTHS_BACK
from tickets.models import Clock
from tickets.proximity import phone
from tickets.sla.states import BREACHED

CLOSED_ON = 5
JUDGED_MONTHS = 3
VOIDED = "Sagen ventede på, at rådhuset blev åbnet igen efter vandskaden."
CALLS = {"ballerup": (620, 0.88), "furesoe": (480, 0.87), "egedal": (510, 0.80)}


def make_levels(
    community: Community,
    *,
    until: datetime,
    rng: Random,
    say: Callable[[str], None],
    pauses: Callable[..., None] = add_pauses,
) -> None:
    """Everything up to `until` (UTC). Needs the scope of all municipalities and the shared centre.

    `pauses` writes the paused seconds, for which the product reads each ticket's events.
    """
    lead = community.holders("lead")[0]
    last = month_of(until)
    first = months_on(last, -MONTHS_BACK)
    margins.set_margin(
        points=Decimal("5.0"), valid_from=first, decided_by="Styregruppen", decided_on=first - timedelta(days=21),
        reference="Møde i styregruppen, punkt 4", by=lead, at=_instant(first, 1),
    )  # fmt: skip
    for month in months_between(first, last):
        _phone(community.members, month, rng, by=lead, until=until)
    measure(first=first, last=last, now=until, pauses=pauses)
    for back in range(JUDGED_MONTHS + 1):
        judge(months_on(last, -back), now=until, with_times=back == 1)
    closed = _close(first, until, by=lead)
    _void_one(months_on(last, -1), by=lead, until=until, pauses=pauses)
    say(f"service levels counted, {closed} months closed")


def _phone(members: list[Municipality], month: date, rng: Random, *, by, until: datetime) -> None:
    at = min(_instant(next_month(month), 2), until)
    part = 1 if next_month(month) <= month_of(until) else 0.7
    for member in members:
        usual, share = CALLS[member.slug]
        calls = round(usual * part * rng.uniform(0.85, 1.15))
        within = round(calls * min(1, share * rng.uniform(0.97, 1.03)))
        phone.enter(phone.Line(member, month, calls, within), source="Telefonsystem", by=by, at=at)


def _close(first: date, until: datetime, *, by) -> int:
    closed = 0
    for month in months_between(first, month_of(until)):
        at = _instant(next_month(month), CLOSED_ON)
        if at <= until:
            row = LevelMonth.objects.create(month=month, requested_by=by, requested_at=at)
            months.close(row, at=at, is_measured=True)
            closed += 1
    return closed


def _void_one(month: date, *, by, until: datetime, pauses: Callable[..., None]) -> None:
    """A broken promise is taken out of the count after its month was closed: the figure is restated beside."""
    broken = Clock.objects.in_scope().filter(kind="resolution", state=BREACHED, stopped_at__isnull=False)
    broken = broken.filter(breached_at__gte=begins(month), breached_at__lt=begins(next_month(month)))
    clock = broken.select_related("ticket").order_by("pk").first()
    if clock is None:
        return
    lifecycle.void_clock(clock.ticket, clock=clock, by=by, reason=VOIDED, at=until)
    measure(first=month, last=month, now=until, pauses=pauses)


def _instant(month: date, day: int) -> datetime:
    """A quarter past nine of that day, local time."""
    return datetime.combine(month.replace(day=day), time(9, 15), COPENHAGEN)
