"""The verbs of major incidents: a ticket is linked to one, or taken away from it. No clock changes by that.

What the link decides is how service is compared: in each municipality a major incident with its linked tickets is one
observation (docs/en/sla.md, Equal service).
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from municipalities.models import Person
from servicecenter import time_source
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from tickets.incidents.models import MajorIncident
from tickets.models import Event, Ticket


class NotAnIncident(RuleBroken):
    def __init__(self):
        super().__init__(_("Only incidents are linked to a major incident, not service requests or merged tickets."))


@transaction.atomic
def open_incident(ticket: Ticket, *, title: str, by: Person, at: datetime | None = None) -> MajorIncident:
    """Declare that a ticket is the first sign of a major incident, which began when it was received."""
    at = _now(at)
    incident = MajorIncident.objects.create(title=title, began_at=ticket.received_at, opened_by=by)
    AuditEntry.objects.record(
        "major_incident_opened",
        municipality_id=by.municipality_id,
        actor=by,
        at=at,
        subject=title,
        incident=incident.pk,
    )
    link(ticket, incident=incident, by=by, at=at)
    return incident


@transaction.atomic
def end_incident(incident: MajorIncident, *, by: Person, at: datetime | None = None) -> MajorIncident:
    """No further ticket is linked to it; those linked stay."""
    at = _now(at)
    incident = MajorIncident.objects.select_for_update().get(pk=incident.pk)
    if incident.ended_at is None:
        incident.ended_at = max(at, incident.began_at)
        incident.save(update_fields=["ended_at"])
        AuditEntry.objects.record(
            "major_incident_ended", municipality_id=by.municipality_id, actor=by, at=at, subject=incident.title,
            incident=incident.pk,
        )  # fmt: skip
    return incident


@transaction.atomic
def link(ticket: Ticket, *, incident: MajorIncident | None, by: Person, at: datetime | None = None) -> Ticket:
    """Link the ticket to a major incident, or with None take it away from its own. Raises NotAnIncident."""
    at = _now(at)
    locked = Ticket.objects.select_for_update().get(municipality_id=ticket.municipality_id, pk=ticket.pk)
    if incident and (locked.kind != Ticket.Kind.INCIDENT or locked.merged_into_id):
        raise NotAnIncident
    before = locked.major_incident
    if before != incident:
        last = locked.events.order_by("-id").values_list("at", flat=True).first()
        at = max(at, last) if last else at
        named = incident or before
        kind = "incident_linked" if incident else "incident_unlinked"
        Event.objects.record(locked, kind, by=by, at=at, incident=named.pk, title=named.title)
        locked.major_incident, locked.changed_at = incident, at
        locked.save(update_fields=["major_incident", "changed_at"])
    ticket.refresh_from_db()
    return ticket


def _now(at: datetime | None) -> datetime:
    return (at or time_source.now()).replace(microsecond=0)
