"""When a mail may disturb.

Night is 22 to 7 by the clock on the wall, not the desk's closing time: who works early or late hears in time, and the
desk's hours differ by agreement. Each person may choose otherwise; priority 1 always goes at once.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tickets.notifications.models import NoticeSettings
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)


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
