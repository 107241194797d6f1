from django.db.models import Q

from servicecenter.tenancy.grants import granted_ids
from servicecenter.tenancy.querysets import OwnedQuerySet
from tickets.status import ACTIVE


class TicketQuerySet(OwnedQuerySet):
    def visible_to(self, person):
        """Tickets a person follows as an employee: the own, and the department's if the municipality shares them."""
        own = Q(requester=person) | Q(on_behalf_of=person)
        if person.municipality.shares_department_tickets and person.department:
            own |= Q(department=person.department)
        return self.filter(own, municipality_id=person.municipality_id)

    def owned_by(self, person):
        """The person's own tickets: only these may the person answer, close and reopen."""
        return self.filter(Q(requester=person) | Q(on_behalf_of=person), municipality_id=person.municipality_id)

    def workable_by(self, person):
        """Tickets an agent works: granted on the municipality (whose) and the queue (which of them), both needed."""
        return self.granted(person, "work_tickets").filter(queue_id__in=queues_of(person))

    def led_by(self, person):
        """Tickets whose clocks a lead answers for: granted on the municipality and on the queue."""
        return self.granted(person, "lead_tickets").filter(queue_id__in=queues_of(person, "lead_queue"))

    def listed_for(self, person):
        """Tickets of which a director sees figures and a list without texts."""
        return self.granted(person, "read_totals")

    def active(self):
        return self.filter(status__in=ACTIVE)

    def ended(self):
        return self.exclude(status__in=ACTIVE)

    def by_next_due(self):
        return self.order_by("next_due_at", "id")


class EventQuerySet(OwnedQuerySet):
    def record(self, ticket, kind: str, *, by, at, channel="", **data):
        """Append one event in the running transaction. `at` in UTC, whole seconds."""
        return self.create(
            municipality_id=ticket.municipality_id,
            ticket=ticket,
            kind=kind,
            actor=by,
            at=at,
            channel=channel,
            data=data,
        )


def queues_of(person, permission="work_queue") -> frozenset[int]:
    from tickets.models import Queue

    return granted_ids(person, Queue, permission)
