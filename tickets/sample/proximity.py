"""What requesters thought of the solution, and where an agent came to the place, for the told stories."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from municipalities.sample.rows import write
from tickets.models import Ticket
from tickets.proximity.models import Rating, Visit
from tickets.sample.stories import Story
from tickets.sla.instants import to_datetime, to_seconds
from tickets.sla.keeping import reading_of
from tickets.sla.terms import Rulebook, rulebook
from tickets.status import Status

RATED, VISITED = 0.22, 0.15
STARS = {5: 46, 4: 36, 3: 9, 2: 6, 1: 3}
STARS_FAR = {5: 36, 4: 34, 3: 15, 2: 9, 1: 6}  # in the municipality farthest from the desk
FAR = "egedal"
COMMENTS = ["", "", "", "Hurtig og venlig hjælp.", "Fint, men jeg måtte vente længe på svar.", "Det virker. Tak."]
SOLVED = {Status.RESOLVED, Status.CLOSED}


def make_ratings_and_visits(stories: list[Story], *, until: datetime, rng: Random) -> tuple[list[Rating], list[Visit]]:
    """Everything up to `until` (UTC), on tickets that are solved. Needs the scope of all municipalities."""
    rules = rulebook()
    solved = [story for story in stories if story.ticket.status in SOLVED and story.ticket.resolved_at < until]
    ratings = list(_ratings(solved, until, rng))
    visits = [visit for story in solved if (visit := _visit(story, rules, rng)) is not None]
    write(Rating, ratings)
    write(Visit, visits)
    return ratings, visits


def _ratings(solved: list[Story], until: datetime, rng: Random) -> Iterator[Rating]:
    for ticket in (story.ticket for story in solved):
        at = ticket.resolved_at + timedelta(minutes=rng.randrange(5, 2000))
        if rng.random() < RATED and at <= until:
            weights = STARS_FAR if ticket.municipality.slug == FAR else STARS
            yield Rating(
                municipality_id=ticket.municipality_id, ticket_id=ticket.pk, author_id=ticket.requester_id,
                stars=rng.choices(list(weights), list(weights.values()))[0], comment=rng.choice(COMMENTS), at=at,
            )  # fmt: skip


def _visit(story: Story, rules: Rulebook, rng: Random) -> Visit | None:
    """On some solved incidents, by who solved them, in office hours of the last half of the time it took."""
    ticket, hours = story.ticket, rules.calendars["desk"]
    is_incident = ticket.kind == Ticket.Kind.INCIDENT and not ticket.reopened_count
    if not is_incident or not ticket.site_id or rng.random() >= VISITED:
        return None
    received, resolved = to_seconds(ticket.received_at), to_seconds(ticket.resolved_at)
    arrived = hours.due_second(received, int(hours.open_seconds(received, resolved) * rng.uniform(0.5, 0.95)))
    if not received < arrived < resolved:
        return None
    at = to_datetime(arrived)
    clocks = reading_of([event for event in story.events if event.at <= at], now=at, rules=rules).of("resolution")
    return Visit(
        municipality_id=ticket.municipality_id, ticket_id=ticket.pk, site_id=ticket.site_id,
        agent_id=ticket.assignee_id, arrived_at=at, left_at=min(at + timedelta(minutes=rng.randrange(10, 90)),
        ticket.resolved_at), elapsed_s=clocks[-1].elapsed_s, target_s=clocks[-1].target_s,
    )  # fmt: skip
