"""Service levels of the sample months: visits, ratings, the phone and the margin; then counted, judged and closed.

All through the product's own counting. Months that were over for some days are closed by the lead; the last whole month
waits for it until the fifth. Only the latest months are judged, which takes the longest.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from municipalities.models import Municipality
from municipalities.sample.people import Community
from municipalities.sample.rows import write
from servicecenter.ui.formats import COPENHAGEN
from tickets import lifecycle
from tickets.levels import margins, months
from tickets.levels.calendar_months import begins, month_of, months_between, months_on, next_month
from tickets.levels.judging import judge
from tickets.levels.measuring import measure
from tickets.levels.models import LevelMonth
from tickets.levels.refreshing import MONTHS_BACK
from tickets.models import Clock, Event, Ticket
from tickets.proximity import phone
from tickets.proximity.models import Rating, Visit
from tickets.sla.keeping import reading_of
from tickets.sla.states import BREACHED
from tickets.sla.terms import rulebook
from tickets.status import Status

CLOSED_ON = 5
JUDGED_MONTHS = 3
RATED, VISITED = 0.22, 0.15
STARS = {5: 46, 4: 36, 3: 9, 2: 6, 1: 3}
STARS_FAR = {5: 36, 4: 34, 3: 15, 2: 9, 1: 6}  # in the municipality farthest from the desk
FAR = "egedal"
COMMENTS = ["", "", "", "Hurtig og venlig hjælp.", "Fint, men jeg måtte vente længe på svar.", "Det virker. Tak."]
VOIDED = "Sagen ventede på, at rådhuset blev åbnet igen efter vandskaden."
CALLS = {"ballerup": (620, 0.88), "furesoe": (480, 0.87), "egedal": (510, 0.80)}


def make_levels(community: Community, *, until: datetime, rng: Random, say: Callable[[str], None]) -> None:
    """Everything up to `until` (UTC). Needs the scope of all municipalities and the shared centre."""
    lead = community.holders("lead")[0]
    last = month_of(until)
    first = months_on(last, -MONTHS_BACK)
    margins.set_margin(
        points=Decimal("5.0"), valid_from=first, decided_by="Styregruppen", decided_on=first - timedelta(days=21),
        reference="Møde i styregruppen, punkt 4", by=lead, at=_instant(first, 1),
    )  # fmt: skip
    counted = [write(Rating, _ratings(until, rng)), write(Visit, _visits(until, rng))]
    for month in months_between(first, last):
        _phone(community.members, month, rng, by=lead, until=until)
    measure(first=first, last=last, now=until)
    for back in range(JUDGED_MONTHS + 1):
        judge(months_on(last, -back), now=until, with_times=back == 1)
    closed = _close(first, until, by=lead)
    _void_one(months_on(last, -1), by=lead, until=until)
    say(f"{counted[0]} ratings and {counted[1]} visits written, service levels counted, {closed} months closed")


def _ratings(until: datetime, rng: Random) -> Iterator[Rating]:
    solved = Ticket.objects.in_scope().filter(status__in=[Status.RESOLVED, Status.CLOSED], resolved_at__lt=until)
    rows = solved.order_by("pk").values_list(
        "pk", "municipality_id", "municipality__slug", "requester_id", "resolved_at"
    )
    for ticket, municipality, slug, requester, resolved_at in rows.iterator():
        at = resolved_at + timedelta(minutes=rng.randrange(5, 2000))
        if rng.random() < RATED and at <= until:
            weights = STARS_FAR if slug == FAR else STARS
            stars = rng.choices(list(weights), list(weights.values()))[0]
            yield Rating(
                municipality_id=municipality, ticket_id=ticket, author_id=requester, stars=stars,
                comment=rng.choice(COMMENTS), at=at,
            )  # fmt: skip


def _visits(until: datetime, rng: Random) -> Iterator[Visit]:
    """On some solved incidents, by who solved them, within the last half of the time it took."""
    rules = rulebook()
    solved = Ticket.objects.in_scope().filter(kind=Ticket.Kind.INCIDENT, resolved_at__lt=until, site__isnull=False)
    solved = solved.filter(status__in=[Status.RESOLVED, Status.CLOSED], assignee__isnull=False, reopened_count=0)
    chosen = [ticket for ticket in solved.order_by("pk") if rng.random() < VISITED]
    events: dict[int, list[Event]] = {ticket.pk: [] for ticket in chosen}
    for event in Event.objects.filter(ticket__in=chosen).order_by("id"):
        events[event.ticket_id].append(event)
    for ticket in chosen:
        took = ticket.resolved_at - ticket.received_at
        arrived_at = (ticket.received_at + took * rng.uniform(0.5, 0.95)).replace(second=0, microsecond=0)
        if arrived_at < ticket.received_at:
            continue
        heard = [event for event in events[ticket.pk] if event.at <= arrived_at]
        clocks = reading_of(heard, now=arrived_at, rules=rules).of("resolution")
        yield Visit(
            municipality_id=ticket.municipality_id, ticket_id=ticket.pk, site_id=ticket.site_id,
            agent_id=ticket.assignee_id, arrived_at=arrived_at,
            left_at=min(arrived_at + timedelta(minutes=rng.randrange(10, 90)), max(ticket.resolved_at, arrived_at)),
            elapsed_s=clocks[-1].elapsed_s, target_s=clocks[-1].target_s,
        )  # fmt: skip


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


def _void_one(month: date, *, by, until: datetime) -> None:
    """A broken promise is taken out of the count after its month was closed: the figure is restated beside."""
    broken = Clock.objects.in_scope().filter(kind="resolution", state=BREACHED, stopped_at__isnull=False)
    broken = broken.filter(breached_at__gte=begins(month), breached_at__lt=begins(next_month(month)))
    clock = broken.select_related("ticket").order_by("pk").first()
    if clock is None:
        return
    lifecycle.void_clock(clock.ticket, clock=clock, by=by, reason=VOIDED, at=until)
    measure(first=month, last=month, now=until)


def _instant(month: date, day: int) -> datetime:
    """A quarter past nine of that day, local time."""
    return datetime.combine(month.replace(day=day), time(9, 15), COPENHAGEN)
