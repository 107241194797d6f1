"""When a mail may disturb.

Night is 22 to 7 by the clock on the wall, not the desk's closing time: who works early or late hears in time, and the
desk's hours differ by agreement. Each person may choose otherwise; priority 1 and receipts go at any hour.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tickets.notifications.models import Kind, NoticeSettings
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError
from tickets.sla.terms import rulebook

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)
NEVER_QUIET = {Kind.RECEIVED}


def is_urgent(kind: str, ticket) -> bool:
    """Priority 1, and the answer to what somebody does right now, which wakes nobody. A proposal has no `ticket`."""
    return kind in NEVER_QUIET or (ticket is not None and ticket.priority == 1)


def mail_at(told, ticket, chosen: NoticeSettings, *, now: datetime) -> datetime:
    """When the mail about an occasion or notice may go, as its reader has chosen; `now` in UTC."""
    if is_urgent(told.kind, ticket):
        return now
    return quiet_until(now, quiet=chosen.quiet, hours=desk_hours(ticket))


def desk_hours(ticket) -> Calendar | None:
    """The calendar of the ticket's resolution clock, or None while it has none."""
    if ticket is None:
        return None
    clock = ticket.clocks.filter(kind="resolution").order_by("-cycle").first()
    return rulebook().calendars.get(clock.calendar) if clock else None


def quiet_until(at: datetime, *, quiet: str, hours: Calendar | None) -> datetime:
    """The first instant from `at` (UTC) at which a mail may be sent; `hours` are those of the desk, if known."""
    if quiet == NoticeSettings.Quiet.NIGHT:
        return _morning(at)
    if quiet == NoticeSettings.Quiet.CLOSED and hours:
        return _opening(at, hours)
    return at


def _morning(at: datetime) -> datetime:
    local = timezone.localtime(at)
    if NIGHT_ENDS <= local.time() < NIGHT_BEGINS:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= NIGHT_BEGINS else 0)
    return timezone.make_aware(datetime.combine(day, NIGHT_ENDS)).astimezone(at.tzinfo)


def _opening(at: datetime, hours: Calendar) -> datetime:
    """The instant before the first second that counts. A calendar that never opens again keeps no mail."""
    second = at.replace(microsecond=0)
    try:
        return max(at, hours.due(second, 1) - timedelta(seconds=1))
    except SlaError:
        return at
