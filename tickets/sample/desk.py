"""Queues, services, categories, calendars and agreements of the sample desk, and who works where."""

import functools
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from municipalities import roles
from municipalities.models import Person
from municipalities.sample.people import Community
from tickets.models import (
    Agreement,
    AgreementVersion,
    Calendar,
    CalendarVersion,
    Category,
    Queue,
    Service,
    Vendor,
)
from tickets.sla.danish_holidays import public_holidays

WORKDAY = [["07:30", "16:00"]]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu"), WORKDAY) | {"fri": [["07:30", "14:30"]]}
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
FIRST_YEAR, LAST_YEAR = 2014, 2030
HOUR = 60
FIRST_RESPONSE = {"1": 15, "2": 30, "3": 2 * HOUR, "4": 4 * HOUR, "5": 8 * HOUR}
RESOLUTION = {"1": 4 * HOUR, "2": 8 * HOUR, "3": 24 * HOUR, "4": 40 * HOUR, "5": 80 * HOUR}
NEXT_UPDATE = {"1": 1 * HOUR, "2": 2 * HOUR, "3": 8 * HOUR}
VENDOR_HOURS = {"kmd": 16, "microsoft": 24}
OLA_HOURS = {"drift": 24, "netvaerk": 24, "sikkerhed": 16}


@functools.cache
def catalogue() -> dict:
    return tomllib.loads(Path(__file__).with_name("desk.toml").read_text(encoding="utf-8"))


@dataclass
class Desk:
    queues: dict[str, Queue]
    services: dict[str, Service]
    vendors: dict[str, Vendor]
    categories: dict[str, Category]
    teams: dict[str, list[Person]]


def make_desk(community: Community) -> Desk:
    data = catalogue()
    vendors = {code: Vendor.objects.create(code=code, name=name) for code, name in data["vendors"].items()}
    queues = {entry["code"]: Queue.objects.create(position=n, **entry) for n, entry in enumerate(data["queue"])}
    services = {
        entry["code"]: Service.objects.create(
            code=entry["code"], name=entry["name"], vendor=vendors.get(entry.get("vendor"))
        )
        for entry in data["service"]
    }
    categories = {entry["code"]: _category(entry, queues, services) for entry in data["category"]}
    _make_calendars()
    _make_agreements(services)
    return Desk(queues, services, vendors, categories, _make_teams(community, queues))


def _category(entry, queues, services):
    return Category.objects.create(
        code=entry["code"], name=entry["name"], description=entry["description"], queue=queues[entry["queue"]],
        service=services[entry["service"]], is_request=entry.get("is_request", False),
    )  # fmt: skip


def _make_calendars():
    _calendar("desk", "Servicedeskens åbningstid", WEEK, closed=True)
    _calendar("altid", "Døgnet rundt", ALWAYS, closed=False)


def _calendar(code, name, weekly, *, closed):
    calendar = Calendar.objects.create(code=code, name=name)
    version = CalendarVersion(calendar=calendar, valid_from=date(FIRST_YEAR, 1, 1), weekly=weekly)
    if closed:
        years = range(FIRST_YEAR, LAST_YEAR + 1)
        version.holidays = [day for year in years for day in public_holidays(year)]
        version.exceptions = {f"{year}-{day}": [] for year in years for day in ("06-05", "12-24", "12-31")}
    version.full_clean()
    version.save()


def _make_agreements(services):
    """The proposed targets for all; care work goes on at night, so its urgent tickets count round the clock."""
    _agreement("standard", "Serviceaftale", _terms({"1": "altid"}))
    _agreement(
        "omsorg", "Serviceaftale for omsorg", _terms({"1": "altid", "2": "altid"}), service=services["kmd-nexus"]
    )


def _terms(calendar_by_priority):
    targets = {"first_response": FIRST_RESPONSE, "next_update": NEXT_UPDATE, "resolution": RESOLUTION}
    return {
        "timers": {kind: {"calendar": "desk", "target_minutes": minutes} for kind, minutes in targets.items()},
        "calendar_by_priority": calendar_by_priority,
        "pause_states": {
            "next_update": ["waiting_requester"],
            "resolution": ["waiting_requester", "waiting_planned"],
            "ola": ["waiting_requester", "waiting_planned"],
        },
        "warn_percent": [50, 75, 90],
        "vendors": {code: _hours(hours) for code, hours in VENDOR_HOURS.items()},
        "ola": {code: _hours(hours) for code, hours in OLA_HOURS.items()},
    }


def _hours(hours):
    return {"calendar": "desk", "target_minutes": hours * HOUR}


def _agreement(code, name, terms, *, service=None):
    agreement = Agreement.objects.create(code=code, name=name, service=service)
    AgreementVersion.objects.create(agreement=agreement, valid_from=datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), terms=terms)


def _make_teams(community, queues):
    """Everybody knows the first line and one more queue; the two one can sign in as work in all of them."""
    codes = list(queues)
    teams: dict[str, list[Person]] = {code: [] for code in codes}
    for number, agent in enumerate(community.agents):
        everywhere = agent in community.holders("agent")
        if not everywhere:  # those one can sign in as ask for help already
            roles.give(agent, "requester")
        known = codes if everywhere else ["foerste-linje", codes[number % len(codes)]]
        roles.give(
            agent, "agent", municipalities=community.members, queues=[queues[code] for code in dict.fromkeys(known)]
        )
        for code in dict.fromkeys(known):
            teams[code].append(agent)
    for lead in community.holders("lead"):
        roles.give(lead, "lead", municipalities=community.members, queues=queues.values())
    return teams
