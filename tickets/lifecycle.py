"""The verbs of the desk. Each locks the ticket, checks, writes, records the event and keeps the clocks, or nothing."""

from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from servicecenter import time_source
from servicecenter.errors import RuleBroken
from servicecenter.tenancy.grants import granted_ids
from tickets import attachments
from tickets.models import Attachment, Event, Message, Ticket, TimeEntry
from tickets.notifications.occasions import note_event
from tickets.sla.keeping import clock_rows, keep_clocks, next_due, reading_of, write_clocks
from tickets.sla.priority import priority as computed_priority
from tickets.sla.terms import rulebook
from tickets.sla.voiding import check_void
from tickets.status import Status

TOLD_WITHIN = timedelta(days=3)


@transaction.atomic
def file(
    *, requester, subject, description, category, impact, urgency, channel="portal", at=None, by=None, **fields
) -> Ticket:
    """Open a ticket. The priority follows from impact and urgency, the queue and the service from the category."""
    at = _now(at)
    ticket = Ticket(
        municipality_id=requester.municipality_id, requester=requester, subject=subject, description=description,
        category=category, impact=impact, urgency=urgency, priority=computed_priority(impact, urgency), channel=channel,
        department=requester.department, received_at=at, changed_at=at,
        **{"queue": category.queue, "service": category.service, "site": requester.site} | fields,
    )  # fmt: skip
    ticket.kind = Ticket.Kind.REQUEST if category.is_request else Ticket.Kind.INCIDENT
    _open(ticket, by=by or requester, at=at)
    return ticket


def _open(ticket, *, by, at):
    """The first event alone tells all clocks, so they are known before anything is written."""
    rules = rulebook()
    version = rules.in_force(service_id=ticket.service_id, municipality_id=ticket.municipality_id, at=at)
    known = {"priority": ticket.priority, "queue": ticket.queue.code, "state": str(ticket.status)}
    created = Event(
        municipality_id=ticket.municipality_id, ticket=ticket, kind="created", actor=by, at=at, channel=ticket.channel,
        data=known | {"agreement": version.code},
    )  # fmt: skip
    result = reading_of([created], now=at, rules=rules)
    ticket.next_due_at = next_due(result.clocks)
    ticket.save()
    created.save()
    write_clocks(clock_rows(ticket, result))
    note_event(created)


def check_may_file(person) -> None:
    """Asked at every door through which people create tickets. Raises MayNotFile without the grant."""
    if person.municipality_id not in granted_ids(person, Municipality, "file_tickets"):
        raise MayNotFile


def take(ticket, *, by, at=None):
    """The agent makes the ticket his own and begins."""
    return assign(ticket, to=by, by=by, at=at)


def assign(ticket, *, to, by, at=None):
    with _changing(ticket, at) as (ticket, at):
        _refuse_ended(ticket)
        new = {"to": to.pk, "name": to.name} if to else {"to": None, "name": ""}
        _record(ticket, "assigned", by=by, at=at, old=ticket.assignee_id, **new)
        ticket.assignee = to
        if ticket.status == Status.NEW and to is not None:
            _enter(ticket, Status.OPEN, by=by, at=at)
    return ticket


def move(ticket, *, queue, by, at=None):
    """Hand the ticket to another queue; whoever had it there is no longer its assignee."""
    with _changing(ticket, at) as (ticket, at):
        _refuse_ended(ticket)
        if queue.pk != ticket.queue_id:
            _record(ticket, "queue", by=by, at=at, old=ticket.queue.code, to=queue.code)
            ticket.queue, ticket.assignee = queue, None
    return ticket


def set_priority(ticket, *, priority, by, reason, at=None):
    """Override the computed priority with a reason; the computed one stays visible through impact and urgency."""
    with _changing(ticket, at) as (ticket, at):
        if priority != ticket.priority:
            _record(ticket, "priority", by=by, at=at, old=ticket.priority, to=priority, reason=reason)
            ticket.priority, ticket.priority_reason = priority, reason
    return ticket


def set_service(ticket, *, service, by, at=None):
    """Another service may mean another agreement, which counts from this instant."""
    with _changing(ticket, at) as (ticket, at):
        before = ticket.service
        ticket.service = service
        changed = {"old": before.code if before else "", "service": service.code}
        _record(ticket, "policy", by=by, at=at, to=_agreement(ticket, at), **changed)
    return ticket


def wait_for_requester(ticket, *, by, at=None):
    return _wait(ticket, Status.WAITING_REQUESTER, by=by, at=at)


def wait_for_planned(ticket, *, planned_at: datetime, by, at=None):
    """Wait for a time agreed with the requester; the resolution clock pauses."""
    return _wait(ticket, Status.WAITING_PLANNED, by=by, at=at, planned_at=planned_at)


def wait_for_vendor(ticket, *, vendor, by, at=None):
    """Hand the ticket to a vendor. The municipality's clock goes on; the vendor's own clock shows whose time it was."""
    return _wait(ticket, Status.WAITING_VENDOR, by=by, at=at, vendor=vendor)


def wait_for_third_party(ticket, *, by, at=None):
    return _wait(ticket, Status.WAITING_THIRD_PARTY, by=by, at=at)


def resume(ticket, *, by, at=None):
    with _changing(ticket, at) as (ticket, at):
        _take_back(ticket, by=by, at=at)
        _enter(ticket, Status.OPEN, by=by, at=at)
    return ticket


def reply(ticket, *, by, body, and_wait=False, channel="portal", at=None) -> Message:
    """Answer the requester; with `and_wait` the ticket then waits for the requester's answer."""
    with _changing(ticket, at) as (ticket, at):
        message = _message(ticket, Message.Kind.PUBLIC_REPLY, by=by, body=body, at=at, channel=channel)
        ticket.has_answer = False
        if ticket.status == Status.NEW:
            _enter(ticket, Status.OPEN, by=by, at=at)
        if and_wait and ticket.is_active and ticket.status != Status.WAITING_REQUESTER:
            _take_back(ticket, by=by, at=at)
            _enter(ticket, Status.WAITING_REQUESTER, by=by, at=at)
    return message


def note(ticket, *, by, body, at=None) -> Message:
    """Write what only the desk sees."""
    with _changing(ticket, at) as (ticket, at):
        return _message(ticket, Message.Kind.INTERNAL_NOTE, by=by, body=body, at=at)


def answer(ticket, *, by, body, channel="portal", at=None) -> Message:
    """The requester writes; a ticket that waited for it goes on at once, also at night."""
    with _changing(ticket, at) as (ticket, at):
        _refuse_ended(ticket)
        message = _message(ticket, Message.Kind.REQUESTER_REPLY, by=by, body=body, at=at, channel=channel)
        ticket.has_answer = True
        if ticket.status == Status.WAITING_REQUESTER:
            ticket.move_to(Status.OPEN)
    return message


def add_files(ticket, uploads, *, by, at=None) -> list[Attachment]:
    """Keep checked files that come without a message; from the requester's side they are an answer to be seen."""
    with _changing(ticket, at) as (ticket, at):
        files = attachments.store(ticket, uploads, by=by, at=at)
        _record(ticket, "attachment", by=by, at=at, attachments=[file.pk for file in files])
        if by.pk in (ticket.requester_id, ticket.on_behalf_of_id):
            ticket.has_answer = ticket.is_active
    return files


def resolve(ticket, *, by, solution, at=None):
    """Close the work and tell the requester, who may still reopen it."""
    with _changing(ticket, at) as (ticket, at):
        ticket.move_to(Status.RESOLVED)
        ticket.solution, ticket.resolved_at, ticket.has_answer = solution, at, False
        ticket.first_resolved_at = ticket.first_resolved_at or at
        ticket.vendor = None
        _record(ticket, "resolved", by=by, at=at)
    return ticket


def reopen(ticket, *, by, body, at=None):
    """The solution did not hold. Raises TooLateToReopen after ten open days; then a new, linked ticket is filed."""
    with _changing(ticket, at) as (ticket, at):
        if ticket.resolved_at and at > reopens_until(ticket):
            raise TooLateToReopen
        ticket.move_to(Status.OPEN)
        ticket.resolved_at = ticket.closed_at = None
        ticket.reopened_count += 1
        _record(ticket, "reopened", by=by, at=at)
        kind = Message.Kind.REQUESTER_REPLY if by.pk == ticket.requester_id else Message.Kind.INTERNAL_NOTE
        _message(ticket, kind, by=by, body=body, at=at)
        ticket.has_answer = kind == Message.Kind.REQUESTER_REPLY
    return ticket


def close(ticket, *, by, at=None):
    with _changing(ticket, at) as (ticket, at):
        if ticket.is_active:
            ticket.move_to(Status.RESOLVED)
            ticket.resolved_at = at
            ticket.first_resolved_at = ticket.first_resolved_at or at
            _record(ticket, "resolved", by=by, at=at)
        ticket.move_to(Status.CLOSED)
        ticket.closed_at = at
        _record(ticket, "closed", by=by, at=at)
    return ticket


def close_unless_reopened(ticket, *, at=None) -> bool:
    """The desk itself closes a solved ticket that nobody reopened in time. Returns whether it did.

    Somebody may have reopened it since it was found, so that is asked again under the lock. What ended days ago,
    because the desk stood still or the ticket was brought in from elsewhere, is closed without a word to anybody.
    """
    with _changing(ticket, at) as (ticket, at):
        is_over = ticket.status == Status.RESOLVED and at > (until := reopens_until(ticket))
        if is_over:
            ticket.move_to(Status.CLOSED)
            ticket.closed_at = at
            late = {"silent": True} if at - until > TOLD_WITHIN else {}
            _record(ticket, "closed", by=None, at=at, **late)
    return is_over


def cancel(ticket, *, by, reason, at=None):
    """End the ticket without a solution; counted neither as solved nor as a cost driver when it is spam."""
    with _changing(ticket, at) as (ticket, at):
        ticket.move_to(Status.CANCELLED)
        ticket.cancel_reason, ticket.resolved_at = reason, at
        who = "requester" if reason == Ticket.CancelReason.WITHDRAWN else "desk"
        _record(ticket, "resolved", by=by, at=at, cancelled_by=who, reason=reason)
    return ticket


def merge(ticket, *, other, by, at=None) -> Ticket:
    """Two tickets about one thing go on as the one that was received first, which is returned.

    The other takes no more events; its clocks still open are not counted. Raises CannotMerge, AlreadyEnded.
    """
    if ticket.pk == other.pk or ticket.municipality_id != other.municipality_id:
        raise CannotMerge
    kept, ended = sorted((ticket, other), key=lambda each: (each.received_at, each.pk))
    with transaction.atomic():
        # In one order, so that two people who merge the same pair do not wait for each other.
        list(Ticket.objects.select_for_update().filter(pk__in=(kept.pk, ended.pk)).order_by("pk"))
        with _changing(kept, at) as (locked, moment):
            _refuse_ended(locked)
            _record(locked, "merged_with", by=by, at=moment, number=ended.number)
        with _changing(ended, at) as (locked, moment):
            _refuse_ended(locked)
            locked.move_to(Status.MERGED)
            locked.merged_into, locked.vendor, locked.planned_at = kept, None, None
            _record(locked, "merged", by=by, at=moment, into=str(kept.number))
    return kept


def void_clock(ticket, *, clock, by, reason, at=None):
    """Take a clock out of the count, with a reason. Raises NotASecondPerson, AlreadyVoid."""
    with _changing(ticket, at) as (ticket, at):
        clock = ticket.clocks.get(pk=clock.pk)
        check_void(ticket, clock, by=by)
        subject = {"subject": clock.subject} if clock.subject else {}
        _record(ticket, "void", by=by, at=at, clock=clock.kind, cycle=clock.cycle, reason=reason, **subject)
    return ticket


def register_time(ticket, *, by, minutes: int, day=None, at=None) -> TimeEntry:
    """Minutes worked, on a local day; a cost driver. A negative number corrects an earlier entry."""
    with _changing(ticket, at) as (ticket, at):
        entry = TimeEntry.objects.create(
            municipality_id=ticket.municipality_id, ticket=ticket, agent=by, minutes=minutes,
            day=day or timezone.localdate(at), at=at,
        )  # fmt: skip
        _record(ticket, "time", by=by, at=at, minutes=minutes, day=entry.day.isoformat())
    return entry


class MayNotFile(RuleBroken):
    status = 403

    def __init__(self):
        super().__init__(
            _("Your account may not create tickets. Ask the administrator of your municipality for the right to do so.")
        )


class TooLateToReopen(RuleBroken):
    def __init__(self):
        super().__init__(
            _("The ticket was solved too long ago to be reopened. Create a new ticket and name this number.")
        )


class CannotMerge(RuleBroken):
    def __init__(self):
        super().__init__(_("Only two different tickets of the same municipality can be merged."))


class AlreadyEnded(RuleBroken):
    def __init__(self):
        super().__init__(_("The ticket is no longer open. Reopen it first, if the work must go on."))


def reopens_until(ticket) -> datetime:
    """The end of the tenth open day (REOPEN_OPEN_DAYS) after the solution, by the calendar of the resolution clock."""
    clock = ticket.clocks.filter(kind="resolution").order_by("-cycle").first()
    hours = rulebook().calendars.get(clock.calendar) if clock else None
    day, left = timezone.localdate(ticket.resolved_at), settings.REOPEN_OPEN_DAYS
    last = day + timedelta(days=60)
    while left and day < last:
        day += timedelta(days=1)
        left -= bool(hours.hours_on(day)) if hours else 1
    return timezone.make_aware(datetime.combine(day, datetime.max.time().replace(microsecond=0)))


@contextmanager
def _changing(ticket, at):
    """Lock the ticket, hand out its present row, and afterwards save it with its clocks.

    The caller's instance is brought up to date too, so that a view may go on with what it holds.
    """
    with transaction.atomic():
        # Without joins: after waiting for the lock PostgreSQL looks at the joined rows of before the wait, and a ticket
        # that was moved meanwhile would seem to be gone.
        locked = Ticket.objects.select_for_update().get(municipality_id=ticket.municipality_id, pk=ticket.pk)
        last = locked.events.order_by("-id").values_list("at", flat=True).first()
        at = max(_now(at), last) if last else _now(at)
        yield locked, at
        keep_clocks(locked, at=at)
        locked.changed_at = at
        locked.save()
    ticket.refresh_from_db()


def _now(at: datetime | None) -> datetime:
    return (at or time_source.now()).replace(microsecond=0)


def _wait(ticket, status, *, by, at, planned_at=None, vendor=None):
    with _changing(ticket, at) as (ticket, at):
        _take_back(ticket, by=by, at=at)
        _enter(ticket, status, by=by, at=at)
        ticket.planned_at, ticket.vendor = planned_at, vendor
        if vendor:
            _record(ticket, "vendor_handover", by=by, at=at, vendor=vendor.code)
    return ticket


def _take_back(ticket, *, by, at):
    if ticket.vendor_id:
        _record(ticket, "vendor_return", by=by, at=at, vendor=ticket.vendor.code)
    ticket.vendor = ticket.planned_at = None


def _enter(ticket, status, *, by, at):
    before = ticket.status
    ticket.move_to(status)
    _record(ticket, "state", by=by, at=at, old=before, to=status)


def _message(ticket, kind, *, by, body, at, channel="portal"):
    message = Message.objects.create(
        municipality_id=ticket.municipality_id, ticket=ticket, kind=kind, author=by, body=body, at=at, channel=channel
    )
    _record(ticket, kind, by=by, at=at, channel=channel, message=message.pk)
    return message


def _record(ticket, kind, *, by, at, channel="", **data):
    event = Event.objects.record(ticket, str(kind), by=by, at=at, channel=channel, **data)
    note_event(event)
    return event


def _agreement(ticket, at) -> str:
    return rulebook().in_force(service_id=ticket.service_id, municipality_id=ticket.municipality_id, at=at).code


def _refuse_ended(ticket):
    if ticket.is_ended:
        raise AlreadyEnded
