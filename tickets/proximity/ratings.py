"""What the requester thinks of the solution: one to five, on a solved ticket."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from municipalities.models import Person
from servicecenter import time_source
from servicecenter.errors import RuleBroken
from tickets.models import Ticket
from tickets.proximity.models import Rating
from tickets.status import Status

RATED = (Status.RESOLVED, Status.CLOSED)


class NotSolvedYet(RuleBroken):
    def __init__(self):
        super().__init__(_("The ticket is not solved. Tell us what you think when it is."))


@transaction.atomic
def rate(ticket: Ticket, *, stars: int, comment: str = "", by: Person, at: datetime | None = None) -> Rating:
    """Keep the requester's answer; a later one takes its place."""
    ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if ticket.status not in RATED:
        raise NotSolvedYet
    at = (at or time_source.now()).replace(microsecond=0)
    rating, _is_new = Rating.objects.update_or_create(
        municipality_id=ticket.municipality_id, ticket=ticket,
        defaults={"stars": stars, "comment": comment, "author": by, "at": at},
    )  # fmt: skip
    return rating
