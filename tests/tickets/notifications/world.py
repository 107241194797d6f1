"""A desk with an assignee, a lead and a duty manager, and what they are told."""

from datetime import timedelta

from servicecenter.outbox.models import Mail
from tests.factories import MONDAY, make_agent, make_municipality, make_requester, make_ticket
from tickets import lifecycle
from tickets.notifications.delivering import deliver_waiting
from tickets.notifications.models import Duty, Notice
from tickets.notifications.telling import tell_waiting

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """Nordby, whose ticket Sara has; Lone leads the queue and Dan is on duty."""

    def __init__(self):
        self.nordby = make_municipality("Nordby")
        self.anna = make_requester(self.nordby, name="Anna Ager")
        self.sara = make_agent(self.nordby, name="Sara Lindqvist")
        self.lone = make_agent(self.nordby, role="lead", name="Lone Lund")
        self.dan = make_agent(self.nordby, role="lead", queues=[], name="Dan Dam")
        Duty.objects.create(person=self.dan, starts_at=MONDAY - DAY, ends_at=MONDAY + 30 * DAY)

    def ticket(self, *, at=MONDAY, **fields):
        return make_ticket(requester=self.anna, at=at, **fields)

    def taken(self, *, at=MONDAY, **fields):
        """Sara's ticket, of whose beginning everybody has heard."""
        ticket = self.ticket(at=at, **fields)
        lifecycle.take(ticket, by=self.sara, at=at)
        tell_waiting(now=at)
        Notice.objects.all().delete()
        return ticket


def told(now, *, kind=None):
    """Who was told what, in the order of writing; each person by first name."""
    tell_waiting(now=now)
    rows = Notice.objects.order_by("id").select_related("recipient")
    return [(row.kind, row.recipient.name.split()[0]) for row in rows if kind in (None, row.kind)]


def mailed(now):
    """(first name, subject) of each mail in the outbox."""
    tell_waiting(now=now)
    deliver_waiting(now=now)
    rows = Mail.objects.order_by("id").select_related("recipient")
    return [(row.recipient.name.split()[0], row.subject) for row in rows]
