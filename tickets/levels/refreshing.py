"""All service levels counted anew: open months are also judged, closed ones only counted, to find restatements."""

from datetime import datetime

from tickets.levels.calendar_months import month_of, months_on
from tickets.levels.judging import judge
from tickets.levels.measuring import measure
from tickets.levels.models import LevelMonth

MONTHS_BACK = 13
JUDGED_BACK = 2


def refresh(*, now: datetime) -> None:
    """Count the running month and thirteen before it; judge the last ones. `now` in UTC. Needs the scope of all."""
    last = month_of(now)
    measure(first=months_on(last, -MONTHS_BACK), last=last, now=now)
    closed = set(LevelMonth.objects.exclude(closed_at=None).values_list("month", flat=True))
    for back in range(JUDGED_BACK + 1):
        month = months_on(last, -back)
        if month not in closed:
            judge(month, now=now, with_times=back < JUDGED_BACK)
