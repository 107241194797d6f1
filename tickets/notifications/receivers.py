"""Who hears what: the assignee at 50 %, the queue's leads at 75 %, the duty manager at 90 %, both parties at a breach.

Staff hear only of tickets that they may work, the requester only of the own ones.
"""

from datetime import datetime

from municipalities.models import Person
from servicecenter.tenancy.grants import holder_ids
from tickets.notifications.models import Duty, Kind, Occasion
from tickets.sla.keeping import ON_THE_TICKET

TO_REQUESTER = {Kind.RECEIVED, Kind.REPLIED, Kind.RESOLVED, Kind.CLOSED, Kind.CANCELLED}
TO_ASSIGNEE = {Kind.ASSIGNED, Kind.ANSWERED, Kind.REOPENED, Kind.HALF}
WARNINGS = {Kind.HALF, Kind.THREE_QUARTERS, Kind.NEARLY}
# Whoever files a ticket gets the receipt; of everything else one need not hear what one did oneself.
ALSO_TO_ACTOR = {Kind.RECEIVED}


class Receivers:
    """Within one municipality's scope; grants are read once, however many occasions are asked about."""

    def __init__(self, municipality, *, now: datetime):
        self.municipality = municipality
        self.now = now
        self._holders: dict[tuple, dict[int, Person]] = {}

    def of(self, occasion: Occasion, ticket) -> list[Person]:
        if occasion.kind in WARNINGS and ticket.is_ended:
            return []  # the work is done; nobody can hurry any more
        people = {person.pk: person for person in self._people(occasion, ticket) if person.is_active}
        if occasion.kind not in ALSO_TO_ACTOR:
            people.pop(occasion.actor_id, None)
        return [people[pk] for pk in sorted(people)]

    def _people(self, occasion: Occasion, ticket) -> list[Person]:
        if occasion.kind in TO_REQUESTER:
            return parties(ticket)
        if occasion.kind in TO_ASSIGNEE:
            return self.assignee(ticket)
        if occasion.kind == Kind.THREE_QUARTERS:
            return self.leads(ticket)
        if occasion.kind == Kind.NEARLY:
            return self.duty_manager(ticket)
        is_promised = occasion.data.get("clock") in ON_THE_TICKET
        return [*self.assignee(ticket), *self.leads(ticket), *(parties(ticket) if is_promised else [])]

    def assignee(self, ticket) -> list[Person]:
        workers = self._held(self.municipality, "work_tickets")
        return [workers[ticket.assignee_id]] if ticket.assignee_id in workers else []

    def leads(self, ticket) -> list[Person]:
        of_queue = self._held(ticket.queue, "lead_queue")
        return [person for pk, person in self._held(self.municipality, "lead_tickets").items() if pk in of_queue]

    def duty_manager(self, ticket) -> list[Person]:
        """Without one, or when that person may not see the ticket, the queue's leads: somebody must hear."""
        duty = Duty.objects.filter(starts_at__lte=self.now, ends_at__gt=self.now).first()
        leads = self._held(self.municipality, "lead_tickets")
        return [leads[duty.person_id]] if duty and duty.person_id in leads else self.leads(ticket)

    def _held(self, place, permission: str) -> dict[int, Person]:
        key = (type(place), place.pk, permission)
        if key not in self._holders:
            holders = Person.objects.active().filter(pk__in=holder_ids(place, permission))
            self._holders[key] = {person.pk: person for person in holders.order_by("pk")}
        return self._holders[key]


def parties(ticket) -> list[Person]:
    return [person for person in (ticket.requester, ticket.on_behalf_of) if person]
