from datetime import datetime

from django import template

from servicecenter.ui import formats
from servicecenter.ui.looks import AGENT_STATUSES
from tickets.levels import equality
from tickets.levels.drawings import percent_interval
from tickets.levels.models import LevelKind

register = template.Library()


@register.filter
def moment(text):
    """An instant that came as ISO text."""
    return datetime.fromisoformat(text)


@register.filter
def goal_name(kind):
    return LevelKind(kind).label


@register.filter
def verdict_words(verdict):
    return equality.words_of(verdict)


@register.filter
def interval(ends):
    """(0.928, 0.952) as 92,8–95,2."""
    return percent_interval(*ends)


@register.filter
def waits(shares):
    """{"waiting_requester": 0.065} as "Waiting for the user 6.5%"."""
    found = [
        f"{AGENT_STATUSES[state].text} {formats.percent(share, 1)}".replace(" ", formats.HARD_SPACE)
        for state, share in shares.items()
        if share
    ]
    return " · ".join(found)


@register.filter
def difference(cell):
    """−5,1 (−7,0 to −3,2), in percentage points."""
    result = cell.result or {}
    if result.get("rd") is None:
        return "–"
    rd, low, high = (formats.number(100 * result[name], 1, signed=True) for name in ("rd", "low", "high"))
    return f"{rd} ({low}; {high})"


@register.filter
def time_ratio(cell):
    """1,12 (1,02–1,24) times as long as the others."""
    result = cell.result or {}
    if not result.get("ratio"):
        return "–"
    ratio, low, high = (formats.number(result[name], 2) for name in ("ratio", "ratio_low", "ratio_high"))
    return f"{ratio} ({low}–{high})"


@register.filter
def probability(p):
    if p is None or p == "":
        return "–"
    return f"< {formats.number(0.001, 3)}" if p < 0.001 else formats.number(p, 3)


@register.filter
def span(seconds):
    """Seconds as hours, minutes and seconds, so that columns add up to the second: 7:05:00."""
    if not seconds:
        return "–"
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
