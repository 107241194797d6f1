"""A copy of a story happens at another time, second for second as the story did."""

from datetime import UTC, date, datetime

import pytest

from tickets.models import Event, Ticket
from tickets.sample.shifts import Shifts
from tickets.sample.stories import Story
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.instants import to_seconds
from tickets.sla.terms import Rulebook
from tickets.status import Status

WORKDAY = [["07:30", "16:00"]]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu"), WORKDAY) | {"fri": [["07:30", "14:30"]]}
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
BEGINS, UNTIL = datetime(2026, 2, 28, 23, 0, tzinfo=UTC), datetime(2026, 5, 20, 10, 0, tzinfo=UTC)


def hours(weekly, holidays=()):
    version = {"valid_from": "2014-01-01", "weekly": weekly, "holidays": list(holidays), "exceptions": {}}
    return Hours.parse({"timezone": "Europe/Copenhagen", "versions": [version]})


def room_of(*instants, status=Status.CLOSED, holidays=()):
    rules = Rulebook({"desk": hours(WEEK, holidays), "altid": hours(ALWAYS)}, {}, [])
    shifts = Shifts(rules, begins=to_seconds(BEGINS), until=to_seconds(UNTIL))
    ticket = Ticket(status=status)
    return shifts.room_of(Story(ticket, events=[Event(at=at) for at in instants]))


def at(day, hour, minute=0, month=5):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)  # two hours behind the wall clock in May


def test_one_workday_is_like_another_of_the_same_month():
    # Monday to Thursday are alike; the story of a Tuesday fits none of the Fridays.
    assert room_of(at(5, 8), at(5, 9)).days == [-1, 0, 1, 2, 6, 7, 8, 9, 13, 14]


def test_a_story_over_a_week_end_moves_by_whole_weeks():
    assert room_of(at(7, 8), at(11, 9)).days == [0, 7]


def test_a_story_does_not_move_across_a_closing_day():
    assert room_of(at(5, 8), at(6, 9), holidays=["2026-05-13"]).days == [-1, 0, 1, 6, 13]


def test_an_open_ticket_stays_on_its_day():
    assert room_of(at(5, 8), at(5, 9), status=Status.OPEN).days == [0]


def test_a_story_stays_on_its_side_of_summer_time():
    assert room_of(at(26, 8, month=3), at(27, 9, month=3)).days == [-21, -14, -7, 0]
    assert room_of(at(26, 8, month=3), at(30, 9, month=3)).days == [0]


def test_no_instant_passes_an_opening_or_closing_time():
    room = room_of(at(5, 6), at(5, 13, 30))  # 08:00 and 15:30 on the wall
    assert (room.earliest_s, room.latest_s) == (-30 * 60 + 1, 30 * 60 - 1)


@pytest.mark.parametrize("evening", [at(5, 18), at(9, 9)])
def test_with_an_instant_outside_opening_hours_there_is_nothing_to_spare(evening):
    room = room_of(at(5, 8), evening)
    assert (room.earliest_s, room.latest_s) == (0, 0)


def test_nothing_moves_beyond_the_present():
    room = room_of(at(20, 9), at(20, 9, 59), status=Status.OPEN)
    assert room.latest_s == 60


def test_an_interval_is_found_by_its_instant():
    desk = hours(WEEK)
    opens, closes = to_seconds(at(5, 5, 30)), to_seconds(at(5, 14))
    assert desk.interval_at(opens) == desk.interval_at(closes) == (opens, closes)
    assert desk.interval_at(opens - 1) is None
    assert desk.interval_at(closes + 1) is None
    assert desk.hours_on(date(2026, 5, 5)) == ((27000, 57600),)
