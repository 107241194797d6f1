"""Calendars and agreements in their plain form, for tests that need only a simple one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.clock import replay
from tickets.sla.events import read_events

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")


def calendar_data(*hours, days=WORKDAYS, zone="Europe/Copenhagen", valid_from="2014-01-01", **more):
    """The same hours on every day named: calendar_data(["08:00", "16:00"])."""
    version = {"valid_from": valid_from, "weekly": {day: list(hours) for day in days}, **more}
    return {"timezone": zone, "versions": [version]}


HOUR = 3600
PAUSES = {"resolution": ["waiting_requester", "waiting_planned"], "next_update": ["waiting_requester"]}
# DAY is the desk of these tests.
CALENDARS = {
    "DAY": calendar_data(["08:00", "16:00"]),
    "LATE": calendar_data(["12:00", "20:00"]),
    "ALWAYS": calendar_data(["00:00", "24:00"], days=EVERY_DAY),
    "NEVER": calendar_data(days=()),
}


def timer(calendar="DAY", **targets):
    """timer(p1=60): 60 minutes at priority 1, nothing promised at the others."""
    return {"calendar": calendar, "target_minutes": {name[1:]: minutes for name, minutes in targets.items()}}


def local(text):
    """A weekday and time ("Mon 08:00") in the week of 2 March 2026, as ISO text in Danish time."""
    day, time = text.split()
    number = 2 + ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    moment = datetime.fromisoformat(f"2026-03-{number:02}T{time}")
    return moment.replace(tzinfo=ZoneInfo("Europe/Copenhagen")).isoformat()


def event(at, kind, **data):
    return {"type": kind, "at": local(at), **data}


def created(at="Mon 08:00", *, priority=3, policy="P", **data):
    return event(at, "created", priority=priority, policy=policy, **data)


def void(when, **data):
    return event(when, "void", reason="slip of the hand", **data)


def replayed(policies, events, *, now, calendars=CALENDARS, **options):
    """Replay plain data. A single agreement is called P."""
    policies = {"P": policies} if "timers" in policies or not policies else policies
    return replay(
        read_events(events),
        agreements={code: Agreement.parse(data, calendars=calendars, code=code) for code, data in policies.items()},
        calendars={code: Calendar.parse(data, code=code) for code, data in calendars.items()},
        now=local(now) if " " in now else now,
        **options,
    )


def one(kind, policies, events, *, now, **options):
    """The only clock of its kind."""
    (clock,) = replayed(policies, events, now=now, **options).of(kind)
    return clock


def at(text):
    return datetime.fromisoformat(local(text))


def verdict(clock):
    """State, elapsed hours, breach and stop."""
    return clock.state, clock.elapsed_s / HOUR, clock.breached_at, clock.stopped_at


RESOLUTION = {
    "timers": {"resolution": {"calendar": "DAY", "target_minutes": {"1": 60, "2": 240, "3": 480}}},
    "pause_states": PAUSES,
}


def resolution(*events, now, policies=RESOLUTION, priority=3, **data):
    return one("resolution", policies, [created(priority=priority, **data), *events], now=now)
