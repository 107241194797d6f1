import pytest

from tests.tickets.sla.plain import CALENDARS, timer
from tickets.sla.agreement import Agreement, Promise
from tickets.sla.errors import SlaError

MINUTE = 60
FULL = {
    "timers": {"resolution": timer("DAY", p1=240, p3=960), "first_response": timer("DAY", p3=30)},
    "calendar_by_priority": {"1": "ALWAYS"},
    "pause_states": {"resolution": ["waiting_requester"]},
    "warn_percent": [90, 50, 50],
    "ola": {
        "NETWORK": {"calendar": "LATE", "target_minutes": 60},
        "PRINT": {"calendar": "LATE", "target_minutes": None},
    },
    "vendors": {"KMD": {"calendar": "ALWAYS", "target_minutes": 120}},
}


def parse(data):
    return Agreement.parse(data, calendars=CALENDARS, code="P")


def refusal(data):
    with pytest.raises(SlaError) as refused:
        parse(data)
    return refused.value.code


def test_a_promise_has_the_terms_of_its_priority():
    agreement = parse(FULL)
    pauses = frozenset({"waiting_requester"})

    assert agreement.promise("resolution", priority=3) == Promise("DAY", 960 * MINUTE, pauses, (50, 90))
    assert agreement.promise("first_response", priority=3) == Promise("DAY", 30 * MINUTE, frozenset(), (50, 90))


def test_the_calendar_of_a_priority_goes_before_that_of_the_timer():
    agreement = parse(FULL)

    calendars = [agreement.promise("resolution", priority=priority).calendar for priority in (1, 2, 3)]

    assert calendars == ["ALWAYS", "DAY", "DAY"]


def test_a_priority_without_a_target_is_promised_nothing_but_has_a_clock():
    assert parse(FULL).promise("resolution", priority=2) == Promise(
        "DAY", None, frozenset({"waiting_requester"}), (50, 90)
    )


def test_a_timer_that_is_not_named_has_no_clock():
    assert parse(FULL).promise("next_update", priority=1) is None


def test_queues_and_vendors_have_terms_of_their_own_whatever_the_priority():
    agreement = parse(FULL)

    assert agreement.promise("ola", priority=1, subject="NETWORK") == Promise("LATE", 3600, frozenset(), (50, 90))
    assert agreement.promise("vendor", priority=5, subject="KMD") == Promise("ALWAYS", 7200, frozenset(), (50, 90))


@pytest.mark.parametrize(("kind", "subject"), [("ola", "PRINT"), ("ola", "KMD"), ("vendor", "NETWORK"), ("ola", "")])
def test_a_queue_or_vendor_without_a_target_has_no_clock(kind, subject):
    assert parse(FULL).promise(kind, priority=1, subject=subject) is None


@pytest.mark.parametrize("field", ["ola", "vendors"])
def test_a_queue_or_vendor_of_whom_nothing_is_said_needs_no_calendar(field):
    assert parse({field: {"X": {}}}).calendars() == set()
    assert refusal({field: {"X": {"calendar": "NOWHERE"}}}) == "UNKNOWN_CALENDAR"


def test_what_never_pauses_does_so_whatever_the_agreement_names():
    states = ["waiting_requester"]
    agreement = parse(FULL | {"pause_states": {"first_response": states, "vendor": states, "next_update": states}})

    assert agreement.promise("first_response", priority=3).pauses == frozenset()
    assert agreement.promise("vendor", priority=3, subject="KMD").pauses == frozenset()


def test_an_agreement_names_the_calendars_that_count_in_it():
    assert parse(FULL).calendars() == {"DAY", "ALWAYS", "LATE"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"timers": None},
        {"timers": {"resolution": None}, "ola": {"X": None}, "vendors": None, "pause_states": None},
        {"warn_percent": None, "pause_states": {"first_response": []}},
    ],
)
def test_what_is_missing_means_none(data):
    agreement = parse(data)

    kinds = ("first_response", "next_update", "resolution")
    assert [agreement.promise(kind, priority=1) for kind in kinds] == [None, None, None]


@pytest.mark.parametrize("data", [None, [], "STANDARD", 7])
def test_what_is_no_agreement_at_all_is_unknown(data):
    assert refusal(data) == "UNKNOWN_POLICY"


@pytest.mark.parametrize("minutes", [0, -1, 1.5, 60.0, True, "60", [60], {}])
def test_targets_are_whole_minutes_of_at_least_one(minutes):
    assert refusal({"timers": {"resolution": timer("DAY", p1=minutes)}}) == "BAD_TARGET"
    assert refusal({"ola": {"X": {"calendar": "DAY", "target_minutes": minutes}}}) == "BAD_TARGET"
    assert refusal({"vendors": {"X": {"calendar": "DAY", "target_minutes": minutes}}}) == "BAD_TARGET"


@pytest.mark.parametrize("calendar", [None, "NOWHERE", "", 1, ["DAY"]])
def test_calendars_must_exist(calendar):
    assert refusal({"timers": {"resolution": timer(calendar, p1=60)}}) == "UNKNOWN_CALENDAR"
    assert refusal({"ola": {"X": {"calendar": calendar, "target_minutes": 5}}}) == "UNKNOWN_CALENDAR"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"calendar_by_priority": {"1": "NOWHERE"}}, "UNKNOWN_CALENDAR"),
        ({"calendar_by_priority": {"6": "DAY"}}, "BAD_PRIORITY"),
        ({"timers": {"resolution": timer("DAY", p0=60)}}, "BAD_PRIORITY"),
        ({"timers": {"resolution": {"calendar": "DAY", "target_minutes": {"high": 60}}}}, "BAD_PRIORITY"),
        ({"timers": {"resolution": {"calendar": "DAY", "target_minutes": 60}}}, "BAD_TARGET"),
        ({"timers": {"resolution": 60}}, "BAD_TARGET"),
        ({"timers": {"guess": timer("DAY", p1=60)}}, "BAD_TARGET"),
        ({"timers": []}, "BAD_TARGET"),
        ({"ola": ["NETWORK"]}, "BAD_TARGET"),
        ({"warn_percent": [0]}, "BAD_TARGET"),
        ({"warn_percent": [101]}, "BAD_TARGET"),
        ({"warn_percent": [50.0]}, "BAD_TARGET"),
        ({"warn_percent": [True]}, "BAD_TARGET"),
        ({"warn_percent": 50}, "BAD_TARGET"),
        ({"pause_states": {"resolution": ["asleep"]}}, "BAD_EVENT"),
        ({"pause_states": {"resolution": [["waiting_requester"]]}}, "BAD_EVENT"),
        ({"pause_states": {"resolution": "waiting_requester"}}, "BAD_TARGET"),
        ({"pause_states": {"first_response": ["asleep"]}}, "BAD_EVENT"),
        ({"pause_states": {"resolutoin": ["waiting_requester"]}}, "BAD_EVENT"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused(data, code):
    assert refusal(data) == code
