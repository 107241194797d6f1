"""Many tickets from few: the database copies the told stories, with other people, texts and instants.

The stories are kept aside first, in tables of this session, so that the tables that grow are never read. One more such
table, `sample_copy`, holds what a copy is: of which story, how much later, for whom, with which words, and from where
its rows are numbered. Everything in it follows from the seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import DateTimeField
from psycopg2.extras import execute_values

from municipalities.models import Person, Site
from municipalities.sample.people import Community
from municipalities.sample.rows import draw, draw_ids
from tickets.models import Clock, ClockEffect, Event, Message, Rating, Ticket, TimeEntry, Visit
from tickets.sample.history import PREFIX, first_instant
from tickets.sample.load import Told
from tickets.sample.shifts import Shifts
from tickets.sample.stories import MONTHS, Story
from tickets.sla.instants import to_seconds
from tickets.sla.terms import rulebook

CHILDREN = (Message, Event, TimeEntry, Clock, ClockEffect, Rating, Visit)
COPIED = (Ticket, *CHILDREN)
# The words of a copy are written with it (see `_words`).
SLEEPING = (("tickets_ticket", "words_came"), ("tickets_message", "words_came"))
BATCH = 40_000
WORDS = ("site", "department", "room", "device", "colleague", "day", "first")


@dataclass(frozen=True)
class Plan:
    """The copies that `prepare` has planned have the ids of `tickets`, in the order of their arrival."""

    tickets: range

    def batches(self) -> Iterator[range]:
        for start in range(0, len(self.tickets), BATCH):
            yield self.tickets[start : start + BATCH]


def prepare(told: Told, community: Community, *, until: datetime, rng: Random) -> Plan:
    """Keep the stories aside and plan `told.wanted` less themselves copies. Needs the scope of all municipalities.

    The tickets of the stories take their place among the numbers, which ascend by arrival.
    """
    shuffled = rng.sample(range(len(told.stories)), len(told.stories))
    often = [told.copies - (turn >= told.wanted - told.copies * len(told.stories)) for turn in shuffled]
    tickets, numbers = draw_ids(Ticket, sum(often)), draw("ticket_number", told.wanted)
    messages, events = (
        draw_ids(model, sum(len(rows) * times for rows, times in zip(of_stories, often, strict=True)))
        for model, of_stories in (
            (Message, (s.messages for s in told.stories)),
            (Event, (s.events for s in told.stories)),
        )
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        for model in (Person, Site):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
        _keep_aside(cursor)
        _write_patterns(cursor, told, shuffled, until=until)
        cursor.execute(
            _plan(community),
            {
                "salt": rng.getrandbits(31), "copies": told.copies, "told": len(told.stories),
                "wanted": told.wanted, "tickets": tickets.start, "numbers": numbers.start,
                "messages": messages.start, "events": events.start,
            },
        )  # fmt: skip
        cursor.execute("CREATE UNIQUE INDEX sample_copy_id ON sample_copy (id)")
        cursor.execute("ANALYZE sample_copy")
        cursor.execute(_RENUMBER)
    return Plan(tickets)


def copy_tickets(batch: range) -> None:
    """Write the planned copies with these ids and everything about them."""
    numbers = {"first": batch[0], "last": batch[-1]}
    with connection.cursor() as cursor:
        for statement in (_copying_tickets(), *map(_copying, CHILDREN)):
            cursor.execute(statement, numbers)


def _kept(model) -> str:
    return f"told_{model._meta.model_name}"


def _keep_aside(cursor) -> None:
    """`place` counts the rows of a ticket from 0, in recorded order."""
    for model in COPIED:
        table = model._meta.db_table
        columns = ", ".join(_columns(model))
        place = "row_number() OVER (PARTITION BY ticket_id ORDER BY id) - 1" if model is not Ticket else "0"
        cursor.execute(f"CREATE TEMP TABLE {_kept(model)} AS SELECT {columns}, {place} AS place FROM {table}")  # noqa: S608
        cursor.execute(f"ANALYZE {_kept(model)}")


_PATTERNS = """
CREATE TEMP TABLE sample_pattern (
    id bigint, turn int, shuffled int, days int[], earliest_s int, latest_s int, day_later int,
    messages int, events int, subject text, description text, solution text, said text, noted text, words tsvector
);
CREATE TEMP TABLE sample_text (id bigint PRIMARY KEY, template text);
"""


def _write_patterns(cursor, told: Told, shuffled: list[int], *, until: datetime) -> None:
    shifts = Shifts(rulebook(), begins=to_seconds(first_instant(until)), until=to_seconds(until))
    arrivals = dict(Visit.objects.in_scope().values_list("ticket_id", "arrived_at"))
    rated = dict(Rating.objects.in_scope().values_list("ticket_id", "at"))
    left = dict(Visit.objects.in_scope().values_list("ticket_id", "left_at"))
    cursor.execute(_PATTERNS)
    rows = []
    for turn, story in enumerate(told.stories):
        pk = story.ticket.pk
        besides = [arrivals[pk]] if pk in arrivals else []
        bounds = [at for at in (rated.get(pk), left.get(pk)) if at]
        room = shifts.room_of(story, besides=besides, no_later_than=max(bounds, default=None))
        rows.append(
            (
                pk, turn, shuffled[turn], room.days, room.earliest_s, room.latest_s, 4 + turn % 11,
                len(story.messages), len(story.events), *told.templates[pk], *_said(story, told),
            )
        )  # fmt: skip
    execute_values(cursor.cursor, "INSERT INTO sample_pattern VALUES %s", rows, page_size=1000)
    cursor.execute(_CONSTANT_WORDS)
    execute_values(cursor.cursor, "INSERT INTO sample_text VALUES %s", told.message_templates.items(), page_size=1000)
    cursor.execute("ANALYZE sample_pattern")


def _said(story: Story, told: Told) -> tuple[str, str]:
    """The patterns of all that both sides said, and of the notes."""
    parts: tuple[list[str], list[str]] = [], []
    for message in story.messages:
        parts[message.is_internal].append(told.message_templates[message.pk])
    return " ".join(parts[0]), " ".join(parts[1])


# Most words of a ticket are those of its pattern. What is filled in is left out of them, and only that is kept as text.
_CONSTANT_WORDS = """
UPDATE sample_pattern SET words = words_of_texts(
        regexp_replace(subject, '{\\w+}', ' ', 'g'), regexp_replace(description, '{\\w+}', ' ', 'g'),
        regexp_replace(solution, '{\\w+}', ' ', 'g'))
    || setweight(to_tsvector('pg_catalog.danish', regexp_replace(said, '{\\w+}', ' ', 'g')), 'B')
    || setweight(to_tsvector('pg_catalog.danish', regexp_replace(noted, '{\\w+}', ' ', 'g')), 'D'),
    said = (SELECT coalesce(string_agg(DISTINCT word[1], ' '), '') FROM regexp_matches(said, '({\\w+})', 'g') AS word),
    noted = (SELECT coalesce(string_agg(DISTINCT word[1], ' '), '') FROM regexp_matches(noted, '({\\w+})', 'g') AS word)
"""


def _plan(community: Community) -> str:
    """Copy 0 is the story itself. People of a municipality are contiguous; the last copies may be a part, by chance."""
    people = community.requesters
    turns = ", ".join(
        f"({place.pk}, {people[place.pk][0].pk}, {len(people[place.pk])}, '{PREFIX[place.slug]}')"
        for place in community.members
    )
    months = ", ".join(f"'{month}'" for month in MONTHS)
    return f"""
CREATE TEMP TABLE sample_copy AS
WITH drawn AS (
    SELECT pattern.*, copy, ticket.municipality_id, ticket.requester_id AS asked_by, ticket.received_at AS asked_at,
        {_drawn(1)} AS who, {_drawn(2)} AS whom, {_drawn(3)} AS whither, {_drawn(4)} AS moment,
        {_drawn(5)} AS room, {_drawn(6)} AS device
    FROM sample_pattern AS pattern JOIN {_kept(Ticket)} AS ticket ON ticket.id = pattern.id
        CROSS JOIN generate_series(0, %(copies)s) AS copy
    WHERE copy < %(copies)s OR copy * %(told)s + shuffled < %(wanted)s
), moved AS (
    SELECT drawn.*, CASE WHEN copy = 0 THEN interval '0' ELSE make_interval(
        days => days[1 + whither %% cardinality(days)], secs => earliest_s + moment %% (latest_s - earliest_s + 1)
    ) END AS later FROM drawn
), placed AS (
    SELECT moved.*, asked_at + later AS received_at,
        row_number() OVER (ORDER BY asked_at + later, moved.id, copy) - 1 AS rank,
        row_number() OVER (PARTITION BY copy = 0 ORDER BY asked_at + later, moved.id, copy) - 1 AS rank_of_copy
    FROM moved
)
SELECT CASE WHEN copy = 0 THEN placed.id ELSE %(tickets)s + rank_of_copy END AS id, placed.id AS told,
    %(messages)s + {_before("messages")} AS first_message, %(events)s + {_before("events")} AS first_event,
    %(numbers)s + rank AS number, later, copy = 0 AS is_told,
    CASE WHEN copy = 0 THEN asked_by ELSE person.id END AS requester_id, asked_by, person.site_id,
    person.department AS path, placed.subject, placed.description, placed.solution, placed.said,
    placed.noted, placed.words,
    site.name AS site, regexp_replace(person.department, '^.*\\|', '') AS department,
    split_part(person.name, ' ', 1) AS first, colleague.name AS colleague,
    (1 + room / 30 %% 4) || '.' || lpad((1 + room %% 30)::text, 2, '0') AS room,
    turn.prefix || '-LT-0' || (1000 + device %% 8999) AS device,
    'den ' || extract(day FROM of.day) || '. ' || (ARRAY[{months}])[extract(month FROM of.day)::int] AS day
FROM placed JOIN (VALUES {turns}) AS turn (place, first, people, prefix) ON turn.place = placed.municipality_id
    JOIN {Person._meta.db_table} AS person
        ON person.municipality_id = placed.municipality_id AND person.id = turn.first + who %% turn.people
    JOIN {Person._meta.db_table} AS colleague
        ON colleague.municipality_id = placed.municipality_id AND colleague.id = turn.first + whom %% turn.people
    LEFT JOIN {Site._meta.db_table} AS site ON site.id = person.site_id
    CROSS JOIN LATERAL (
        SELECT (placed.received_at AT TIME ZONE 'Europe/Copenhagen')::date + day_later AS day
    ) AS of
"""  # noqa: S608


def _before(rows: str) -> str:
    """How many rows the earlier copies have."""
    return f"sum(placed.{rows}) OVER (PARTITION BY copy = 0 ORDER BY rank) - placed.{rows}"


def _drawn(salt: int) -> str:
    """A number for each copy that looks like chance: the same for the same seed, whatever else happens."""
    return f"(hashint8extended(pattern.turn * 1000003::bigint + copy, %(salt)s + {salt}) & 2147483647)::int"


# Nobody has seen the numbers of the stories yet.
_RENUMBER = """
UPDATE tickets_ticket AS ticket SET number = copy.number FROM sample_copy AS copy
WHERE copy.is_told AND copy.id = ticket.id
"""


# What stands in a column of a copy; else what stands in the story's, instants later. `copy` is its row of the plan.
_DAY = "((old.at + copy.later) AT TIME ZONE 'Europe/Copenhagen')::date"
_OF_TICKET = {
    "id": "copy.id", "number": "copy.number", "requester_id": "copy.requester_id", "site_id": "copy.site_id",
    "department": "copy.path",
    "next_due_at": "CASE WHEN old.next_due_at < '9999-01-01Z' THEN old.next_due_at + copy.later"
    " ELSE old.next_due_at END",
}  # fmt: skip
_OF_CHILD = {
    "ticket_id": "copy.id",
    "site_id": "copy.site_id",
    "day": _DAY,
    "body": "text.template",
    "found_at": "old.found_at",  # when the sample was made
    "data": "CASE WHEN old.data ? 'message'"
    " THEN old.data || jsonb_build_object('message', copy.first_message + said.place)"
    f" WHEN old.data ? 'day' THEN old.data || jsonb_build_object('day', ({_DAY})::text) ELSE old.data END",
}


def _copying_tickets() -> str:
    values = {column: _value(Ticket, column) for column in _columns(Ticket)} | _OF_TICKET
    values |= {column: _filled(f"copy.{column}") for column in ("description", "solution")}
    values["subject"] = f"left({_filled('copy.subject')}, {Ticket._meta.get_field('subject').max_length})"
    values["words"] = f"copy.words || {_words('copy.subject || copy.description || copy.solution', 'A')}"
    values["words"] += f" || {_words('copy.said', 'B')} || {_words('copy.noted', 'D')}"
    return _inserting(Ticket, values, "old.id = copy.told")


def _words(template: str, weight: str) -> str:
    """Those that are filled in."""
    used = [f"CASE WHEN strpos({template}, '{{{word}}}') > 0 THEN copy.{word} END" for word in WORDS]
    return f"setweight(to_tsvector('pg_catalog.danish', concat_ws(' ', {', '.join(used)})), '{weight}')"


def _copying(model) -> str:
    columns = [column for column in _columns(model) if column != "id"]
    values = {column: _OF_CHILD.get(column) or _value(model, column) for column in columns}
    joins = ""
    if model is Message:
        values["id"], values["body"] = "copy.first_message + old.place", _filled("text.template")
        joins = "JOIN sample_text AS text ON text.id = old.id"
    if model is Event:
        values["id"] = "copy.first_event + old.place"
        joins = f"LEFT JOIN {_kept(Message)} AS said ON said.id = (old.data ->> 'message')::bigint"
    return _inserting(model, values, "old.ticket_id = copy.told", joins)


def _inserting(model, values: dict[str, str], condition: str, joins: str = "") -> str:
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(values)}) SELECT {', '.join(values.values())}"  # noqa: S608
        f" FROM sample_copy AS copy JOIN {_kept(model)} AS old ON {condition} {joins}"
        " WHERE copy.id BETWEEN %(first)s AND %(last)s AND NOT copy.is_told"
        + ("" if "id" in values else " ORDER BY copy.id, old.place")  # in which the table numbers them itself
    )


def _value(model, column: str) -> str:
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    if isinstance(field, DateTimeField):
        return f"old.{column} + copy.later"
    if isinstance(field, ArrayField) and isinstance(field.base_field, DateTimeField):
        return (
            f"CASE WHEN old.{column} = '{{}}' THEN old.{column} ELSE ARRAY("  # noqa: S608
            f"SELECT at + copy.later FROM unnest(old.{column}) WITH ORDINALITY AS of (at, n) ORDER BY n) END"
        )
    if column in ("author_id", "actor_id"):
        return f"CASE WHEN old.{column} = copy.asked_by THEN copy.requester_id ELSE old.{column} END"
    return f"old.{column}"


def _filled(template: str) -> str:
    filled = template
    for word in WORDS:
        filled = f"replace({filled}, '{{{word}}}', copy.{word})"
    return f"CASE WHEN strpos({template}, '{{') = 0 THEN {template} ELSE {filled} END"


def _columns(model) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]
