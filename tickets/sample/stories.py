"""What happens to one ticket, told in memory as the verbs of `tickets.lifecycle` would have recorded it.

Time between two steps is open time of the desk; only answers of the requester come at any hour. A story that has not
come to its end at `until` simply stands open there.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from django.utils import timezone

from municipalities.models import Person
from tickets.models import Clock, ClockEffect, Event, Message, Ticket, TimeEntry
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.instants import to_datetime, to_seconds
from tickets.status import Status

HOUR = 3600
CLOSES_AFTER_S = 10 * 8 * HOUR


class Over(Exception):
    """The present has been reached."""


@dataclass
class Story:
    """A ticket and everything that was written about it, in recorded order.

    Its texts hold {words} in braces until they are filled in; so a copy can have other words.
    """

    ticket: Ticket
    words: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    times: list[TimeEntry] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    effects: list[ClockEffect] = field(default_factory=list)


class Teller:
    """Each verb moves on by some open seconds and writes down what the verb of the same name does."""

    def __init__(
        self, ticket: Ticket, words: dict[str, str], *, hours: Hours, until: int, team: list[Person], rng: Random
    ):
        self.story = Story(ticket, words)
        self.ticket = ticket
        self.hours = hours
        self.until = until
        self.team = team
        self.rng = rng
        self.at = to_seconds(ticket.received_at)

    def go(self, seconds: float) -> None:
        self.go_to(self.hours.due_second(self.at, max(1, int(seconds))))

    def go_to(self, at: int) -> None:
        if at > self.until:
            raise Over
        self.at = at

    def created(self, *, by, agreement):
        ticket = self.ticket
        self._record(
            "created", by=by, channel=ticket.channel, priority=ticket.priority, queue=ticket.queue.code,
            state=Status.NEW, agreement=agreement,
        )  # fmt: skip

    def take(self, seconds, *, by=None):
        self.go(seconds)
        ticket, agent = self.ticket, by or self.rng.choice(self.team)
        self._record("assigned", by=agent, old=ticket.assignee_id, to=agent.pk, name=agent.name)
        ticket.assignee = agent
        if ticket.status == Status.NEW:
            self._enter(Status.OPEN)

    def move(self, seconds, *, queue, team):
        self.go(seconds)
        self._record("queue", by=self.ticket.assignee, old=self.ticket.queue.code, to=queue.code)
        self.ticket.queue, self.ticket.assignee, self.team = queue, None, team

    def reply(self, seconds, body, *, and_wait=False):
        self.go(seconds)
        self._message(Message.Kind.PUBLIC_REPLY, body, by=self.ticket.assignee)
        self.ticket.has_answer = False
        if and_wait:
            self._enter(Status.WAITING_REQUESTER)

    def answer(self, seconds, body):
        """By the wall clock: people also answer in the evening."""
        self.go_to(self.at + int(seconds))
        self._message(Message.Kind.REQUESTER_REPLY, body, by=self.ticket.requester)
        self.ticket.has_answer = True
        if self.ticket.status == Status.WAITING_REQUESTER:
            self.ticket.status = Status.OPEN

    def note(self, seconds, body):
        self.go(seconds)
        self._message(Message.Kind.INTERNAL_NOTE, body, by=self.ticket.assignee)

    def hand_over(self, seconds, vendor):
        self.go(seconds)
        self._enter(Status.WAITING_VENDOR)
        self.ticket.vendor = vendor
        self._record("vendor_handover", by=self.ticket.assignee, vendor=vendor.code)

    def wait_for_others(self, seconds):
        self.go(seconds)
        self._enter(Status.WAITING_THIRD_PARTY)

    def plan(self, seconds, ahead):
        self.go(seconds)
        self._enter(Status.WAITING_PLANNED)
        self.ticket.planned_at = to_datetime(self.hours.due_second(self.at, int(ahead)))

    def resume(self, seconds):
        self.go(seconds)
        if self.ticket.vendor:
            self._record("vendor_return", by=self.ticket.assignee, vendor=self.ticket.vendor.code)
        self.ticket.vendor = self.ticket.planned_at = None
        self._enter(Status.OPEN)

    def register(self, minutes):
        ticket, at = self.ticket, to_datetime(self.at)
        entry = TimeEntry(
            municipality_id=ticket.municipality_id, ticket=ticket, agent=ticket.assignee, minutes=minutes,
            day=timezone.localdate(at), at=at,
        )  # fmt: skip
        self.story.times.append(entry)
        self._record("time", by=ticket.assignee, minutes=minutes, day=entry.day.isoformat())

    def resolve(self, seconds, solution):
        self.go(seconds)
        ticket, at = self.ticket, to_datetime(self.at)
        ticket.status, ticket.solution, ticket.resolved_at, ticket.has_answer = Status.RESOLVED, solution, at, False
        ticket.first_resolved_at = ticket.first_resolved_at or at
        self._record("resolved", by=ticket.assignee)

    def reopen(self, seconds, body):
        self.go(seconds)
        ticket = self.ticket
        ticket.status, ticket.resolved_at, ticket.reopened_count = Status.OPEN, None, ticket.reopened_count + 1
        self._record("reopened", by=ticket.requester)
        self._message(Message.Kind.REQUESTER_REPLY, body, by=ticket.requester)
        ticket.has_answer = True

    def close(self):
        self.go(CLOSES_AFTER_S)
        self.ticket.status, self.ticket.closed_at = Status.CLOSED, to_datetime(self.at)
        self._record("closed", by=None)

    def cancel(self, seconds, reason):
        self.go(seconds)
        ticket = self.ticket
        withdrawn = reason == Ticket.CancelReason.WITHDRAWN
        ticket.status, ticket.cancel_reason, ticket.resolved_at = Status.CANCELLED, reason, to_datetime(self.at)
        by = ticket.requester if withdrawn else self.rng.choice(self.team)
        self._record("resolved", by=by, cancelled_by="requester" if withdrawn else "desk", reason=reason)

    def _enter(self, status):
        self._record("state", by=self.ticket.assignee, old=self.ticket.status, to=status)
        self.ticket.status = status

    def _message(self, kind, body, *, by):
        message = Message(
            municipality_id=self.ticket.municipality_id, ticket=self.ticket, kind=kind, author=by, body=body,
            at=to_datetime(self.at), channel="portal",
        )  # fmt: skip
        self.story.messages.append(message)
        # The number of the message is drawn when all stories are told.
        self._record(kind, by=by, channel="portal", message=message)

    def _record(self, kind, *, by, channel="", **data):
        plain = {name: str(value) if isinstance(value, Status) else value for name, value in data.items()}
        event = Event(
            municipality_id=self.ticket.municipality_id, ticket=self.ticket, kind=str(kind), actor=by, channel=channel,
            at=to_datetime(self.at), data=plain,
        )  # fmt: skip
        self.story.events.append(event)
        self.ticket.changed_at = event.at


def local_day(at, days: int) -> str:
    """ "den 3. november", some days after `at`; days off are for people to notice."""
    day = timezone.localdate(at) + timedelta(days=days)
    return f"den {day.day}. {MONTHS[day.month - 1]}"


MONTHS = [
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
]  # fmt: skip
