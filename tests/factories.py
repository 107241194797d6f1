"""Plain functions that build what a test needs. What they make is at once inside the test's own scope."""

import itertools
from datetime import UTC, date, datetime

from django.db import connection

from municipalities import roles
from municipalities.models import Municipality, Person, Site
from servicecenter.tenancy.scope import Scope, current_scope, enter
from tickets import lifecycle
from tickets.models import Agreement, AgreementVersion, Calendar, CalendarVersion, Category, Queue

_count = itertools.count(100)
DAY = [["08:00", "16:00"]]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY)
MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # 09:00 in Denmark
TARGETS = {"1": 60, "2": 120, "3": 240, "4": 480, "5": 960}
TERMS = {
    "timers": {
        "first_response": {"calendar": "desk", "target_minutes": {"1": 15, "2": 30, "3": 120, "4": 240, "5": 480}},
        "resolution": {"calendar": "desk", "target_minutes": TARGETS},
    },
    "pause_states": {"resolution": ["waiting_requester", "waiting_planned"]},
    "warn_percent": [50, 75, 90],
}


def make_municipality(name="Nordby", kind="municipality", code=None, **fields):
    number = next(_count)
    code = code or (f"{number}" if kind == "municipality" else f"it{number}")
    municipality = Municipality.objects.create(
        code=code, name=f"{name} Kommune", slug=name.lower(), kind=kind, joined_on=date(2014, 1, 1), **fields
    )
    see(municipality)
    return municipality


def make_operator():
    return Municipality.objects.filter(kind="operator").first() or make_municipality("Driften", kind="operator")


def see(*municipalities):
    """Widen the running test's scope. Needs the test's own transaction."""
    if connection.in_atomic_block:
        ids = {*current_scope().municipalities, *(municipality.pk for municipality in municipalities)}
        enter(Scope(tuple(sorted(ids))))


def make_site(municipality, name="Rådhuset", kind="town_hall"):
    return Site.objects.create(municipality=municipality, name=name, kind=kind)


def make_person(municipality, name=None, password=None, **fields):
    number = next(_count)
    name = name or f"Person {number}"
    return Person.objects.create_user(
        f"p{number}@{municipality.slug}.example", password, municipality=municipality, name=name, **fields
    )


def make_requester(municipality, **fields):
    person = make_person(municipality, **fields)
    roles.give(person, "requester")
    return person


def make_agent(*municipalities, queues=None, role="agent", **fields):
    """Staff of the shared centre who work these municipalities' tickets in these queues (default: the first line)."""
    person = make_person(make_operator(), **fields)
    roles.give(person, role, municipalities=municipalities, queues=[make_queue()] if queues is None else queues)
    return person


def make_director(municipality, **fields):
    person = make_person(municipality, **fields)
    roles.give(person, "director")
    roles.give(person, "requester")
    return person


def make_queue(code="first-line"):
    return Queue.objects.get_or_create(code=code, defaults={"name": code})[0]


def make_category(code="print", queue=None, **fields):
    return Category.objects.get_or_create(code=code, defaults={"name": code, "queue": queue or make_queue(), **fields})[
        0
    ]


def make_calendar(code, weekly):
    calendar, is_new = Calendar.objects.get_or_create(code=code, defaults={"name": code.capitalize()})
    if is_new:
        CalendarVersion.objects.create(calendar=calendar, valid_from=date(2013, 1, 1), weekly=weekly)
    return calendar


def make_agreement(terms=None, valid_from=datetime(2013, 1, 1, tzinfo=UTC)):
    make_calendar("desk", WEEK)
    agreement = Agreement.objects.get_or_create(code="default", defaults={"name": "Default"})[0]
    return AgreementVersion.objects.get_or_create(
        agreement=agreement, valid_from=valid_from, defaults={"terms": terms or TERMS}
    )[0]


def make_ticket(
    municipality=None, requester=None, *, at=MONDAY, subject="Printeren virker ikke", category=None, **fields
):
    """File a ticket through the verb, as a requester of `municipality`."""
    make_agreement()
    requester = requester or make_requester(municipality or make_municipality())
    fields = {"description": "Den blinker rødt.", "impact": 3, "urgency": 2} | fields
    return lifecycle.file(requester=requester, subject=subject, category=category or make_category(), at=at, **fields)
