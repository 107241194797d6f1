"""Taking a clock out of the count: for a slip of the hand, by a second person, with a reason.

A second person is somebody who had no part in the ticket so far. Who filed or solved it, answered, changed its priority
or let it wait has made the clock what it is, and whoever has the ticket now answers for it. A note changes no clock.
"""

from django.utils.translation import gettext_lazy as _

from servicecenter.errors import RuleBroken
from tickets.sla.states import VOID

NO_DEEDS = frozenset({"internal_note", "auto_reply", "time", "void"})


class NotASecondPerson(RuleBroken):
    def __init__(self):
        super().__init__(
            _("You have worked on this ticket yourself. Ask another coordinator to take the clock out of the count.")
        )


class AlreadyVoid(RuleBroken):
    def __init__(self):
        super().__init__(_("The clock has already been taken out of the count. Load the page again to see by whom."))


def check_void(ticket, clock, *, by) -> None:
    """Raises NotASecondPerson, AlreadyVoid."""
    if clock.state == VOID:
        raise AlreadyVoid
    if by.pk in part_takers(ticket):
        raise NotASecondPerson


def part_takers(ticket) -> set[int]:
    """The ids of everybody whose doing the ticket's clocks are."""
    deeds = ticket.events.exclude(kind__in=NO_DEEDS).exclude(actor=None)
    return {*deeds.values_list("actor_id", flat=True), ticket.requester_id, ticket.assignee_id} - {None}
