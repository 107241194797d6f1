"""How much of a target's time is used: the small bar under a clock."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

from servicecenter.charts.svg import PAINT

STATES = frozenset({"ok", "warn", "err", "pause"})


def clock_bar(used: float, state: str, *, inline_colours: bool = False) -> SafeString:
    """`used` is the share of the target's time that has passed; above one the bar is full. Words stand beside it."""
    if state not in STATES:
        raise ValueError(f"A clock is {', '.join(sorted(STATES))}, not {state!r}")
    length = 300 * min(max(used, 0.0), 1.0)
    rest, bar = (PAINT[look] if inline_colours else f'class="ch-{look}"' for look in ("rest", f"sla-{state}"))
    return mark_safe(  # noqa: S308 - numbers and names of looks
        '<svg viewBox="0 0 300 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="300" height="8" rx="4" {rest}/><rect width="{length:.1f}" height="8" rx="4" {bar}/></svg>'
    )
