"""Noting what is to be told, in the transaction of what happened. `telling` does the rest, a second later."""

from collections.abc import Iterable
from itertools import groupby

from tickets.notifications.models import WARNINGS, Kind, Occasion

OF_EVENTS = {
    "created": Kind.RECEIVED,
    "public_reply": Kind.REPLIED,
    "requester_reply": Kind.ANSWERED,
    "reopened": Kind.REOPENED,
    "closed": Kind.CLOSED,
    "resolved": Kind.RESOLVED,
    "assigned": Kind.ASSIGNED,
}
# The other clocks tell of their breach only (docs/en/sla.md).
WARN_OF = ("first_response", "resolution")


def note_event(event) -> None:
    """Note the event of a verb, if it is one that somebody hears about."""
    kind = OF_EVENTS.get(event.kind)
    if event.data.get("silent") or (event.kind == "assigned" and event.data.get("to") is None):
        return
    if event.kind == "resolved" and "cancelled_by" in event.data:
        kind = Kind.CANCELLED
    if kind:
        Occasion.objects.create(
            municipality_id=event.municipality_id, ticket_id=event.ticket_id, kind=kind, cause=f"event:{event.pk}",
            actor_id=event.actor_id, at=event.at, next_at=event.at,
        )  # fmt: skip


def note_effects(effects: Iterable) -> None:
    """Note warnings and breaches found by a verb; the same one found by the worker is noted once.

    Of several at one instant only the highest is told, the others count as told.
    """
    ordered = sorted(effects, key=lambda effect: (*_instant(effect), effect.percent))
    highest = [list(group)[-1] for _, group in groupby(ordered, key=_instant)]
    Occasion.objects.bulk_create(
        [
            Occasion(
                municipality_id=effect.municipality_id, ticket_id=effect.ticket_id, kind=WARNINGS[effect.percent],
                cause=f"clock:{effect.ticket_id}:{effect.kind}:{effect.cycle}:{effect.percent}", at=effect.at,
                next_at=effect.found_at, data={"clock": effect.kind, "cycle": effect.cycle},
            )
            for effect in highest
            if effect.percent in WARNINGS and (effect.percent == 100 or effect.kind in WARN_OF)
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _instant(effect) -> tuple:
    return effect.ticket_id, effect.kind, effect.cycle, effect.at
