"""Stories become rows, with their clocks as the product's own replay finds them; copies are made by the database."""

from collections.abc import Callable, Iterator
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
class Told:
    """The stories that were written, oldest first, and of how many tickets they are to be the pattern.

    `templates` are the texts before their words were filled in: of tickets (subject, description, solution) and of
    messages, by id.
    """

    stories: list[Story]
    wanted: int
    templates: dict[int, tuple[str, str, str]]
    message_templates: dict[int, str]

    @property
    def copies(self) -> int:
        """Besides the stories themselves; the last may be a part."""
        return -(-self.wanted // len(self.stories)) - 1


def load_history(
    community: Community, desk: Desk, *, count: int, until: datetime, rng: Random, say: Callable[[str], None]
) -> Told:
    """Tell at most 5,000 stories and write them; more tickets are copies of them (see `multiply`)."""
    rules = rulebook()
    told = min(count, STORIES)
    stories = sorted(
        History(community, desk, rules, until=until, rng=rng).tell(told), key=lambda story: story.ticket.received_at
    )
    say(f"{told} tickets told, from {stories[0].ticket.received_at:%Y-%m-%d} on")
    _number(stories)
    kept = Told(stories, count, dict(_ticket_templates(stories)), dict(_message_templates(stories)))
    for story in stories:
        _fill(story)
    say(f"{_write(stories)} rows of tickets, messages, events and time written")
    say(f"{_write_clocks(stories, rules, until=until)} clocks and effects calculated and written")
    return kept


def _number(stories: list[Story]) -> None:
    """Give everything its id, ascending by arrival."""
    messages = [message for story in stories for message in story.messages]
    tickets, numbers = draw_ids(Ticket, len(stories)), draw("ticket_number", len(stories))
    for story, pk, number in zip(stories, tickets, numbers, strict=True):
        story.ticket.pk, story.ticket.number = pk, number
    for message, pk in zip(messages, draw_ids(Message, len(messages)), strict=True):
        message.pk = pk
    for event in (event for story in stories for event in story.events):
        if "message" in event.data:
            event.data["message"] = event.data["message"].pk


def _ticket_templates(stories: list[Story]) -> Iterator[tuple[int, tuple[str, str, str]]]:
    for ticket in (story.ticket for story in stories):
        yield ticket.pk, (ticket.subject, ticket.description, ticket.solution)


def _message_templates(stories: list[Story]) -> Iterator[tuple[int, str]]:
    for message in (message for story in stories for message in story.messages):
        yield message.pk, message.body


def _fill(story: Story) -> None:
    ticket, words = story.ticket, story.words
    for name in ("subject", "description", "solution"):
        setattr(ticket, name, getattr(ticket, name).format(**words))
    for message in story.messages:
        message.body = message.body.format(**words)


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
    standing = []
    for story in stories:
        result = reading_of(story.events, now=until, rules=rules)
        story.clocks = clock_rows(story.ticket, result)
        story.effects = past_effects(story.ticket, result, found_at=until)
        if story.ticket.is_active:
            story.ticket.next_due_at = next_due(result.clocks)
            standing.append(story.ticket)
    Ticket.objects.bulk_update(standing, ["next_due_at"], batch_size=1000)
    return write(Clock, (clock for story in stories for clock in story.clocks)) + write(
        ClockEffect, (effect for story in stories for effect in story.effects)
    )
