"""What may follow what. The lifecycle is this table; the verbs in `lifecycle` ask it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicecenter.errors import RuleBroken


class Status(models.TextChoices):
    NEW = "new", pgettext_lazy("ticket status", "New")
    OPEN = "open", pgettext_lazy("ticket status", "In progress")
    WAITING_REQUESTER = "waiting_requester", pgettext_lazy("ticket status", "Waiting for the user")
    WAITING_PLANNED = "waiting_planned", pgettext_lazy("ticket status", "Agreed time")
    WAITING_VENDOR = "waiting_vendor", pgettext_lazy("ticket status", "Waiting for a vendor")
    WAITING_THIRD_PARTY = "waiting_third_party", pgettext_lazy("ticket status", "Waiting for others")
    RESOLVED = "resolved", pgettext_lazy("ticket status", "Solved")
    CLOSED = "closed", pgettext_lazy("ticket status", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("ticket status", "Cancelled")
    MERGED = "merged", pgettext_lazy("ticket status", "Merged")


WAITING = frozenset(
    {Status.WAITING_REQUESTER, Status.WAITING_PLANNED, Status.WAITING_VENDOR, Status.WAITING_THIRD_PARTY}
)
ACTIVE = frozenset({Status.NEW, Status.OPEN}) | WAITING
ENDED = frozenset({Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.MERGED})

_FROM_ACTIVE = frozenset({Status.OPEN, Status.RESOLVED, Status.CANCELLED, Status.MERGED}) | WAITING
TRANSITIONS: dict[str, frozenset[str]] = {
    **{status: _FROM_ACTIVE - {status} for status in ACTIVE},
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED, Status.MERGED}),
    Status.CLOSED: frozenset({Status.OPEN}),
    Status.CANCELLED: frozenset(),
    Status.MERGED: frozenset(),
}


class CannotFollow(RuleBroken):
    """The wanted status may not follow the present one; somebody else was often quicker."""

    def __init__(self, before: str, after: str):
        labels = {"before": Status(before).label, "after": Status(after).label}
        super().__init__(
            _("The ticket is “%(before)s” and cannot become “%(after)s”. Load the page again to see what happened.")
            % labels
        )


def check_transition(before: str, after: str) -> None:
    if after not in TRANSITIONS[before]:
        raise CannotFollow(before, after)
