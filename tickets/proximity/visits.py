"""Visits on site: when somebody of the desk arrived at the place, and when they left."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from municipalities.models import Person, Site
from servicecenter import time_source
from servicecenter.errors import RuleBroken
from tickets.models import Event, Ticket
from tickets.proximity.models import Visit
from tickets.sla.keeping import reading_of


class ImpossibleVisit(RuleBroken):
    """The times cannot be true. `field` names the one to mend."""

    def __init__(self, field: str, message):
        super().__init__(message)
        self.field = field


@transaction.atomic
def register_visit(
    ticket: Ticket,
    *,
    site: Site,
    arrived_at: datetime,
    left_at: datetime | None,
    by: Person,
    at: datetime | None = None,
) -> Visit:
    """Note a visit to a place of the ticket's municipality. In time or not is what the clocks said on arrival."""
    at = (at or time_source.now()).replace(microsecond=0)
    ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    _check(ticket, site, arrived_at, left_at, at)
    elapsed_s, target_s = promised(ticket, arrived_at)
    visit = Visit.objects.create(
        municipality_id=ticket.municipality_id, ticket=ticket, site=site, agent=by, arrived_at=arrived_at,
        left_at=left_at, elapsed_s=elapsed_s, target_s=target_s,
    )  # fmt: skip
    _record(ticket, "visit", by=by, at=at, site=site.name, arrived_at=arrived_at.isoformat())
    return visit


def told_visits() -> ArraySubquery:
    """The visits of each ticket in its own row: a page asks little. Instants as ISO texts."""
    rows = Visit.objects.filter(ticket=OuterRef("pk"), municipality=OuterRef("municipality")).order_by("arrived_at")
    names = {name: name for name in ("pk", "arrived_at", "left_at")}
    return ArraySubquery(rows.values(told=JSONObject(site="site__name", **names)))


@transaction.atomic
def end_visit(visit: Visit, *, left_at: datetime, by: Person, at: datetime | None = None) -> Visit:
    """Note when somebody left again; said once."""
    at = (at or time_source.now()).replace(microsecond=0)
    visit = Visit.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=visit.pk)
    if visit.left_at:
        raise ImpossibleVisit("left_at", _("It is noted already when this visit ended."))
    _check_times(visit.arrived_at, left_at, at)
    visit.left_at = left_at
    visit.save(update_fields=["left_at"])
    return visit


def promised(ticket: Ticket, at: datetime) -> tuple[int | None, int | None]:
    """Used and promised open seconds of the ticket's solution at an instant; None, None without a promise."""
    events = [event for event in ticket.events.order_by("id") if event.at <= at]
    clocks = reading_of(events, now=at).of("resolution")
    if not clocks or clocks[-1].target_s is None:
        return None, None
    return clocks[-1].elapsed_s, clocks[-1].target_s


def _check(ticket, site, arrived_at, left_at, now):
    if site.municipality_id != ticket.municipality_id:
        raise ImpossibleVisit("site", _("The place belongs to another municipality. Choose one of the ticket's own."))
    if arrived_at < ticket.received_at:
        raise ImpossibleVisit("arrived_at", _("The ticket was received after that. Check the time of arrival."))
    if arrived_at > now:
        raise ImpossibleVisit("arrived_at", _("That time is still to come. Note a visit when you have arrived."))
    if ticket.visits.filter(arrived_at=arrived_at).exists():
        raise ImpossibleVisit("arrived_at", _("This visit is noted already."))
    if left_at:
        _check_times(arrived_at, left_at, now)


def _check_times(arrived_at, left_at, now):
    if left_at < arrived_at:
        raise ImpossibleVisit("left_at", _("Nobody leaves before arriving. Check the two times."))
    if left_at > now:
        raise ImpossibleVisit("left_at", _("That time is still to come. Leave it empty until you have left."))


def _record(ticket, kind, *, by, at, **data):
    last = ticket.events.order_by("-id").values_list("at", flat=True).first()
    Event.objects.record(ticket, kind, by=by, at=max(at, last), **data)
