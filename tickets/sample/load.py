"""Stories become rows, with their clocks as the product's own replay finds them; copies are made by the database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from municipalities.sample.people import Community
from municipalities.sample.rows import draw, draw_ids, write
from tickets.models import Clock, ClockEffect, Event, Message, Ticket, TimeEntry
from tickets.sample.desk import Desk
from tickets.sample.history import History
from tickets.sample.stories import Story
from tickets.sla.keeping import clock_rows, next_due, past_effects, reading_of
from tickets.sla.terms import Rulebook, rulebook

STORIES = 5000


@dataclass(frozen=True)
class Block:
    """The rows of the told stories. Copy k of a ticket takes the number k places after it."""

    tickets: range
    messages: range
    copies: int
    wanted: int


def load_history(
    community: Community, desk: Desk, *, count: int, until: datetime, rng: Random, say: Callable[[str], None]
) -> Block:
    """Tell at most 5,000 stories and write them; more tickets are copies of them (see `multiply`)."""
    rules = rulebook()
    told = min(count, STORIES)
    stories = sorted(
        History(community, desk, rules, until=until, rng=rng).tell(told), key=lambda story: story.ticket.received_at
    )
    say(f"{told} tickets told, from {stories[0].ticket.received_at:%Y-%m-%d} on")
    block = _number(stories, wanted=count)
    say(f"{_write(stories)} rows of tickets, messages, events and time written")
    say(f"{_write_clocks(stories, rules, until=until)} clocks and effects calculated and written")
    return block


def _number(stories: list[Story], *, wanted: int) -> Block:
    """Give everything its id: ascending by arrival, room for the copies between the ticket numbers."""
    copies = -(-wanted // len(stories))
    numbers = draw("ticket_number", copies * len(stories))
    messages = [message for story in stories for message in story.messages]
    tickets, message_ids = draw_ids(Ticket, len(stories)), draw_ids(Message, len(messages))
    for story, pk, number in zip(stories, tickets, numbers[::copies], strict=True):
        story.ticket.pk, story.ticket.number = pk, number
    for message, pk in zip(messages, message_ids, strict=True):
        message.pk = pk
    for event in (event for story in stories for event in story.events):
        if "message" in event.data:
            event.data["message"] = event.data["message"].pk
    return Block(tickets, message_ids, copies, wanted)


def _write(stories: list[Story]) -> int:
    for story in stories:
        rows: list[Event | Message | TimeEntry] = [*story.events, *story.messages, *story.times]
        for row in rows:
            row.ticket_id = story.ticket.pk
    return (
        write(Ticket, (story.ticket for story in stories))
        + write(Message, (message for story in stories for message in story.messages))
        + write(Event, (event for story in stories for event in story.events))
        + write(TimeEntry, (entry for story in stories for entry in story.times))
    )


def _write_clocks(stories: list[Story], rules: Rulebook, *, until: datetime) -> int:
    """Clocks as of `until`; what is past was found then, and nobody is told of it."""
    clocks: list[Clock] = []
    effects: list[ClockEffect] = []
    standing = []
    for story in stories:
        result = reading_of(story.events, now=until, rules=rules)
        clocks += clock_rows(story.ticket, result)
        effects += past_effects(story.ticket, result, found_at=until)
        if story.ticket.is_active:
            story.ticket.next_due_at = next_due(result.clocks)
            standing.append(story.ticket)
    Ticket.objects.bulk_update(standing, ["next_due_at"], batch_size=1000)
    return write(Clock, clocks) + write(ClockEffect, effects)
