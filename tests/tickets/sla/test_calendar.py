import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.sla import oracle
from tests.tickets.sla.plain import CALENDARS, EVERY_DAY, calendar_data, local
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError

DAY = Calendar.parse(CALENDARS["DAY"])
ALWAYS = Calendar.parse(CALENDARS["ALWAYS"])
HOUR = 3600


def iso(text):
    return datetime.fromisoformat(text)


def code_of(action, *args, **kwargs):
    with pytest.raises(SlaError) as refused:
        action(*args, **kwargs)
    return refused.value.code


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("Mon 08:00", "Mon 16:00", 8),
        ("Mon 06:00", "Mon 22:00", 8),
        ("Mon 15:00", "Tue 09:00", 2),
        ("Fri 15:00", "Sun 23:00", 1),
        ("Sat 00:00", "Sun 12:00", 0),
        ("Mon 12:00", "Mon 12:00", 0),
    ],
)
def test_business_counts_open_seconds(start, end, hours):
    assert DAY.business(iso(local(start)), iso(local(end))) == hours * HOUR


def test_business_runs_over_years():
    """Two whole years with 522 weekdays: 2014 and 2015 have 261 each."""
    start, end = iso("2014-01-01T00:00:00+01:00"), iso("2016-01-01T00:00:00+01:00")

    assert DAY.business(start, end) == 522 * 8 * HOUR


@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [
        ("Mon 08:00", 0, "Mon 08:00"),
        ("Sun 03:00", 0, "Sun 03:00"),
        ("Mon 08:00", 8 * HOUR, "Mon 16:00"),
        ("Mon 08:00", 8 * HOUR + 1, "Tue 08:00:01"),
        ("Mon 16:00", 1, "Tue 08:00:01"),
        ("Fri 20:00", 60, "Mon 08:01"),
    ],
)
def test_due_is_the_earliest_instant_with_so_many_open_seconds(start, seconds, due):
    expected = iso(local(due))
    if due.startswith("Mon") and start.startswith("Fri"):
        expected += timedelta(days=7)

    assert DAY.due(iso(local(start)), seconds) == expected


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        ("Europe/Copenhagen", "2026-03-29", ["00:00", "24:00"], 23),
        ("Europe/Copenhagen", "2026-10-25", ["00:00", "24:00"], 25),
        ("Europe/Copenhagen", "2026-03-29", ["02:00", "03:00"], 0),
        ("Europe/Copenhagen", "2026-03-29", ["02:30", "03:30"], 0.5),
        ("Europe/Copenhagen", "2026-10-25", ["02:00", "03:00"], 2),
        ("Europe/Copenhagen", "2026-10-25", ["02:30", "03:00"], 1.5),
        ("Europe/Copenhagen", "2026-10-25", ["01:00", "02:30"], 1.5),
        # The clock jumps at midnight, so the day begins at 01:00.
        ("America/Sao_Paulo", "2017-10-15", ["00:00", "01:30"], 0.5),
        # The clock falls back at midnight: the hour before it comes twice.
        ("America/Sao_Paulo", "2018-02-17", ["23:00", "24:00"], 2),
        ("America/Sao_Paulo", "2018-02-18", ["00:00", "01:00"], 1),
        # Half an hour of summer time.
        ("Australia/Lord_Howe", "2026-04-05", ["00:00", "24:00"], 24.5),
        # The date line was moved: that Friday never was.
        ("Pacific/Apia", "2011-12-30", ["00:00", "24:00"], 0),
        ("Pacific/Apia", "2011-12-29", ["00:00", "24:00"], 24),
    ],
)
def test_hours_follow_the_local_clock_through_its_changes(zone, day, hours, expected):
    calendar = Calendar.parse({"timezone": zone, "versions": [exactly(day, hours)]})
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)

    assert calendar.business(noon - timedelta(days=3), noon + timedelta(days=3)) == expected * HOUR


def exactly(day, hours):
    return {"valid_from": "2000-01-01", "exceptions": {day: [hours]}}


def test_an_exception_beats_a_holiday_and_a_holiday_beats_the_week():
    calendar = Calendar.parse(
        calendar_data(
            ["08:00", "16:00"],
            holidays=["2026-03-03", "2026-03-04"],
            exceptions={"2026-03-04": [["10:00", "11:00"]], "2026-03-05": []},
        )
    )

    days = {day: calendar.hours_on(date(2026, 3, day)) for day in range(2, 7)}

    whole = ((8 * HOUR, 16 * HOUR),)
    assert days == {2: whole, 3: (), 4: ((10 * HOUR, 11 * HOUR),), 5: (), 6: whole}


def test_each_date_follows_the_latest_version_that_began_whatever_their_order():
    early = calendar_data(["08:00", "16:00"])["versions"][0]
    late = calendar_data(["09:00", "10:00"], valid_from="2026-03-04")["versions"][0]
    calendar = Calendar.parse({"versions": [late, early]})

    assert [calendar.hours_on(date(2026, 3, day)) for day in (3, 4)] == [
        ((8 * HOUR, 16 * HOUR),),
        ((9 * HOUR, 10 * HOUR),),
    ]


def test_a_date_before_the_first_version_is_closed():
    assert DAY.hours_on(date(2013, 12, 31)) == ()


def test_a_calendar_without_a_zone_is_danish():
    calendar = Calendar.parse({"versions": CALENDARS["DAY"]["versions"]})

    assert calendar.zone == ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    "data", [{}, {"versions": None}, {"versions": []}, {"versions": [{"valid_from": "2020-01-01"}]}]
)
def test_what_is_missing_means_closed(data):
    calendar = Calendar.parse(data)

    assert calendar.business(iso(local("Mon 08:00")), iso(local("Fri 16:00"))) == 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Niue"])
def test_no_second_is_lost_between_one_day_and_the_next(zone):
    """Kiritimati is 14 hours ahead of UTC, Niue 11 behind; neither has summer time."""
    calendar = Calendar.parse(calendar_data(["00:00", "24:00"], days=EVERY_DAY, zone=zone))
    hours = [iso("2026-01-01T00:00:00Z") + timedelta(hours=number) for number in range(300 * 24)]

    assert {calendar.business(hour, hour + timedelta(hours=1)) for hour in hours} == {HOUR}
    assert {calendar.due(hour, 1) - hour for hour in hours} == {timedelta(seconds=1)}


def test_a_calendar_that_opens_on_the_four_hundredth_day_is_waited_for():
    def opening(day):
        return Calendar.parse({"versions": [exactly(day, ["00:00", "01:00"])]})

    start = iso("2026-01-01T00:00:00+01:00")

    assert opening("2027-02-05").due(start, HOUR) == iso("2027-02-05T01:00:00+01:00")
    assert code_of(opening("2027-02-06").due, start, HOUR) == "NO_OPENING"


def test_a_long_pause_between_two_openings_is_no_opening():
    versions = [
        {
            "valid_from": "2000-01-01",
            "exceptions": {"2026-01-05": [["08:00", "09:00"]], "2027-06-01": [["08:00", "09:00"]]},
        }
    ]
    calendar = Calendar.parse({"versions": versions})
    start = iso("2026-01-01T00:00:00+01:00")

    assert calendar.due(start, HOUR) == iso("2026-01-05T09:00:00+01:00")
    assert code_of(calendar.due, start, HOUR + 1) == "NO_OPENING"


def test_a_target_beyond_all_calendars_is_no_opening():
    assert code_of(ALWAYS.due, iso(local("Mon 08:00")), 400 * 366 * 86400) == "NO_OPENING"


@pytest.mark.parametrize("seconds", [-1, 1.5, True, None, "60"])
def test_due_wants_whole_seconds(seconds):
    assert code_of(DAY.due, iso(local("Mon 08:00")), seconds) == "BAD_TARGET"


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-03-02T12:00:01+01:00", "2026-03-02T12:00:00+01:00", "BAD_ORDER"),
        ("2026-03-02T12:00:00", "2026-03-02T13:00:00+01:00", "NAIVE_TIME"),
        ("2026-03-02T12:00:00+01:00", datetime.fromisoformat("2026-03-02T13:00:00"), "NAIVE_TIME"),
        ("2026-03-02", "2026-03-02T13:00:00+01:00", "NAIVE_TIME"),
        ("tomorrow", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        ("2026-02-30T12:00:00Z", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        ("1899-12-31T12:00:00Z", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        ("2026-03-02T12:00:00Z", "2201-01-01T00:00:00Z", "BAD_TIME"),
        ("0001-01-01T00:00:00+01:00", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        ("9999-12-31T23:00:00-05:00", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        (None, "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        (1772442000, "2026-03-02T13:00:00+01:00", "BAD_TIME"),
        ("", "2026-03-02T13:00:00+01:00", "BAD_TIME"),
    ],
)
def test_bad_times_are_refused(start, end, code):
    assert code_of(DAY.business, start, end) == code


def test_fractions_of_a_second_are_cut_off():
    assert DAY.business("2026-03-02T10:00:00.999+01:00", "2026-03-02T10:00:02.001+01:00") == 2
    assert DAY.business("1969-12-31T10:00:00.999Z", "1969-12-31T10:00:01.5Z") == 0
    assert ALWAYS.business("2014-12-31T10:00:00.999Z", "2014-12-31T10:00:01Z") == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone": "Mars/Base"}, "BAD_ZONE"),
        ({"timezone": ""}, "BAD_ZONE"),
        ({"timezone": "Europe"}, "BAD_ZONE"),
        ({"timezone": "../../etc/passwd"}, "BAD_ZONE"),
        ({"timezone": "localtime"}, "BAD_ZONE"),
        ({"timezone": "right/Europe/Copenhagen"}, "BAD_ZONE"),
        ({"timezone": 1}, "BAD_ZONE"),
        ({"timezone": ["Europe/Copenhagen"]}, "BAD_ZONE"),
        ({"versions": {}}, "BAD_INTERVAL"),
        ({"versions": ["2014-01-01"]}, "BAD_INTERVAL"),
        ({"versions": [{"valid_from": "2014-01-01"}, {"valid_from": "2014-01-01"}]}, "OVERLAP"),
        ({"versions": [{}]}, "BAD_TIME"),
        ({"versions": [{"valid_from": "2014-13-01"}]}, "BAD_TIME"),
        ({"versions": [{"valid_from": "20140101"}]}, "BAD_TIME"),
        ({"versions": [{"valid_from": "1899-12-31"}]}, "BAD_TIME"),
        ({"versions": [{"valid_from": 2014}]}, "BAD_TIME"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(change, code):
    assert code_of(Calendar.parse, {**CALENDARS["DAY"], **change}) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weekly": []}, "BAD_INTERVAL"),
        ({"weekly": {"monday": []}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": {}}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": "08:00-16:00"}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", "12:00", "13:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": ["08:00"]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", "08:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["16:00", "08:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["22:00", "06:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["24:00", "24:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", "24:01"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", "25:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:60", "16:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["8:00", "16:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", 16]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["12:00", "16:00"], ["08:00", "11:00"]]}}, "BAD_INTERVAL"),
        ({"weekly": {"mon": [["08:00", "12:00"], ["11:59", "16:00"]]}}, "BAD_INTERVAL"),
        ({"exceptions": {"2026-03-02": [["08:00", "12:00"], ["11:00", "16:00"]]}}, "BAD_INTERVAL"),
        ({"exceptions": []}, "BAD_INTERVAL"),
        ({"exceptions": {"2 March": []}}, "BAD_TIME"),
        ({"holidays": "2026-03-02"}, "BAD_INTERVAL"),
        ({"holidays": ["2026-02-29"]}, "BAD_TIME"),
        ({"holidays": [None]}, "BAD_TIME"),
    ],
)
def test_a_version_that_cannot_be_is_refused(change, code):
    assert code_of(Calendar.parse, {"versions": [{"valid_from": "2014-01-01", **change}]}) == code


@pytest.mark.parametrize("data", [None, [], "DAY", 7])
def test_what_is_no_calendar_at_all_is_unknown(data):
    assert code_of(Calendar.parse, data, code="X") == "UNKNOWN_CALENDAR"


def test_intervals_may_touch():
    calendar = Calendar.parse(calendar_data(["08:00", "12:00"], ["12:00", "16:00"]))

    assert calendar.business(iso(local("Mon 00:00")), iso(local("Tue 00:00"))) == 8 * HOUR


@pytest.mark.parametrize("server_zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_zone_of_the_server_does_not_matter(server_zone, monkeypatch):
    monkeypatch.setenv("TZ", server_zone)
    time.tzset()
    try:
        calendar = Calendar.parse(CALENDARS["DAY"])
        assert calendar.due("2026-03-27T15:00:00+01:00", 2 * HOUR) == iso("2026-03-30T07:00:00Z")
        assert calendar.business("2026-03-27T15:00:00+01:00", "2026-03-30T09:00:00+02:00") == 2 * HOUR
    finally:
        monkeypatch.undo()
        time.tzset()


ZONES = {
    "Europe/Copenhagen": ["2026-03-29", "2026-10-25", "2026-06-10", "1943-03-29"],
    "America/Sao_Paulo": ["2017-10-15", "2018-02-17"],
    "America/St_Johns": ["2006-04-02", "2006-10-29"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Pacific/Apia": ["2011-12-30"],
    "Asia/Kathmandu": ["2026-06-10"],
}


@st.composite
def stretches(draw):
    """(plain calendar, three ascending instants) around a day on which the local clock may change."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    day = datetime.fromisoformat(draw(st.sampled_from(ZONES[zone]))).replace(tzinfo=UTC)
    edges = sorted(draw(st.sets(st.integers(0, 24 * 12), min_size=2, max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    hours = [[f"{a // 12:02}:{a % 12 * 5:02}", f"{b // 12:02}:{b % 12 * 5:02}"] for a, b in pairs]
    closed = draw(st.sampled_from(EVERY_DAY))
    weekly = {name: hours for name in EVERY_DAY if name != closed}
    offsets = sorted(draw(st.lists(st.integers(-40 * HOUR, 70 * HOUR), min_size=3, max_size=3)))
    plain = {"timezone": zone, "versions": [{"valid_from": "1940-01-01", "weekly": weekly}]}
    return plain, [day + timedelta(seconds=offset) for offset in offsets]


@settings(deadline=None, max_examples=50)
@given(stretches())
def test_business_agrees_with_looking_at_the_clock_every_minute(stretch):
    plain, (start, _, end) = stretch

    seconds = Calendar.parse(plain).business(start, end)

    assert seconds == oracle.business(plain, int(start.timestamp()), int(end.timestamp()))


@settings(deadline=None, max_examples=50)
@given(stretches())
def test_j3_open_time_adds_up(stretch):
    plain, (start, middle, end) = stretch
    calendar = Calendar.parse(plain)

    assert calendar.business(start, end) == calendar.business(start, middle) + calendar.business(middle, end)


@settings(deadline=None, max_examples=50)
@given(stretches(), st.integers(1, 40 * HOUR))
def test_j4_due_is_exact_and_earliest(stretch, seconds):
    plain, (start, *_) = stretch
    calendar = Calendar.parse(plain)

    due = calendar.due(start, seconds)

    assert calendar.business(start, due) == seconds
    assert calendar.business(start, due - timedelta(seconds=1)) == seconds - 1
