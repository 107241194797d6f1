"""What a clock warns of, and what is stored of it.

The desk DAY is open Monday to Friday, 08:00 to 16:00; the week is that of 2 March 2026.
"""

import pytest

from tests.tickets.sla.plain import (
    CALENDARS,
    HOUR,
    PAUSES,
    RESOLUTION,
    at,
    created,
    event,
    one,
    replayed,
    resolution,
    timer,
    verdict,
    void,
)
from tickets.sla.errors import SlaError


def warnings(policies, *events, now, priority=3):
    result = replayed(policies, [created(priority=priority), *events], now=now)
    return [(warning.kind, warning.percent, warning.at) for warning in result.warnings]


WARNED = {"timers": {"resolution": timer(p1=60, p2=240, p3=480)}, "pause_states": PAUSES, "warn_percent": [50, 75, 90]}
SENT_50 = ("resolution", 50, at("Mon 12:00"))


def test_warnings_come_at_their_exact_instants():
    assert warnings(WARNED, now="Fri 12:00") == [
        SENT_50,
        ("resolution", 75, at("Mon 14:00")),
        ("resolution", 90, at("Mon 15:12")),
    ]


def test_a_warning_is_sent_at_its_instant_and_not_before():
    assert warnings(WARNED, now="Mon 11:59:59") == []
    assert warnings(WARNED, now="Mon 12:00") == [SENT_50]


def test_a_warning_at_the_target_comes_when_it_is_used_up_and_before_it_is_exceeded():
    at_target = {**WARNED, "warn_percent": [100]}

    assert warnings(at_target, now="Tue 12:00") == [("resolution", 100, at("Mon 16:00"))]
    assert warnings(at_target, event("Mon 16:00", "resolved"), now="Tue 12:00") == []


def test_a_clock_that_stops_on_the_threshold_sends_nothing():
    assert warnings(WARNED, event("Mon 12:00", "resolved"), now="Mon 14:00") == []


def test_a_clock_that_pauses_on_the_threshold_sends_it():
    assert warnings(WARNED, event("Mon 12:00", "state", to="waiting_planned"), now="Fri 14:00") == [SENT_50]


def test_a_threshold_reached_at_closing_time_is_sent_then():
    events = [event("Mon 13:00", "resolved"), event("Mon 14:00", "reopened")]

    assert warnings(WARNED, *events, now="Tue 07:00")[-1] == ("resolution", 75, at("Mon 15:00"))
    assert warnings({**WARNED, "warn_percent": [50]}, now="Mon 20:00", priority=3) == [SENT_50]


def test_of_several_passed_by_a_change_only_the_highest_is_sent():
    """Five hours are more than 75, 90 and 100 % of four; 50 was sent on the way."""
    assert warnings(WARNED, event("Mon 13:00", "priority", to=2), now="Mon 15:00") == [
        SENT_50,
        ("resolution", 90, at("Mon 13:00")),
    ]


def test_the_lower_ones_count_as_sent_when_there_is_more_time_again():
    events = [event("Mon 08:55", "priority", to=3)]

    assert warnings(WARNED, *events, now="Fri 12:00", priority=1) == [
        ("resolution", 50, at("Mon 08:30")),
        ("resolution", 75, at("Mon 08:45")),
        ("resolution", 90, at("Mon 08:54")),
    ]


def test_each_percent_is_sent_once_also_after_reopening():
    events = [event("Mon 12:30", "resolved"), event("Mon 13:00", "reopened")]

    assert [percent for _, percent, _ in warnings(WARNED, *events, now="Fri 12:00")] == [50, 75, 90]


def test_a_percent_of_another_agreement_is_sent_in_its_own_right():
    policies = {"P": {**WARNED, "warn_percent": [75]}, "Q": {**WARNED, "warn_percent": [50]}}

    assert warnings(policies, event("Mon 15:00", "policy", to="Q"), now="Mon 15:00") == [
        ("resolution", 75, at("Mon 14:00")),
        ("resolution", 50, at("Mon 15:00")),
    ]


def test_a_threshold_is_rounded_up_to_the_whole_second():
    policy = {"timers": {"resolution": timer("ALWAYS", p3=1)}, "warn_percent": [33, 34]}

    assert warnings(policy, now="Mon 08:10") == [
        ("resolution", 33, at("Mon 08:00:20")),
        ("resolution", 34, at("Mon 08:00:21")),
    ]


def test_percents_that_fall_on_one_second_are_one_warning():
    policy = {"timers": {"resolution": timer("ALWAYS", p3=1)}, "warn_percent": [2, 3]}

    assert warnings(policy, now="Mon 08:10") == [("resolution", 3, at("Mon 08:00:02"))]


def test_only_first_response_and_resolution_warn():
    policy = {
        "timers": {kind: timer(p3=60) for kind in ("first_response", "next_update", "resolution")},
        "warn_percent": [50],
        "ola": {"DESK": {"calendar": "DAY", "target_minutes": 60}},
        "vendors": {"KMD": {"calendar": "DAY", "target_minutes": 60}},
    }
    events = [created(queue="DESK", channel="mail"), event("Mon 08:45", "vendor_handover", vendor="KMD")]

    result = replayed(policy, [*events, event("Mon 08:50", "public_reply")], now="Fri 12:00")

    assert [(warning.kind, warning.at) for warning in result.warnings] == [
        ("first_response", at("Mon 08:30")),
        ("resolution", at("Mon 08:30")),
    ]


def test_a_void_or_merged_clock_warns_no_more():
    assert warnings(WARNED, void("Mon 09:00", clock="resolution"), now="Fri 12:00") == []
    assert warnings(WARNED, event("Mon 09:00", "merged", into="T-1"), now="Fri 12:00") == []


def schedule(clock):
    return [(effect.percent, effect.at) for effect in clock.schedule]


def test_the_schedule_holds_what_is_still_to_come():
    clock = one("resolution", WARNED, [created()], now="Mon 12:00")

    assert schedule(clock) == [(75, at("Mon 14:00")), (90, at("Mon 15:12")), (100, at("Tue 08:00"))]


@pytest.mark.parametrize(
    "last",
    [
        event("Mon 09:00", "state", to="waiting_requester"),
        event("Mon 09:00", "resolved"),
        event("Mon 09:00", "merged", into="T-1"),
        void("Mon 09:00", clock="resolution"),
        event("Mon 09:00", "priority", to=5),
    ],
)
def test_nothing_is_to_come_while_a_clock_does_not_run(last):
    clock = one("resolution", WARNED, [created(), last], now="Mon 09:00")

    assert (schedule(clock), clock.due_at) == ([], None)


def test_events_that_change_nothing_leave_the_stored_row_alone():
    events = [event("Mon 09:00", "internal_note"), event("Mon 10:00", "queue", to="X")]

    clock = resolution(*events, now="Mon 11:00")

    assert (clock.anchor_at, clock.anchor_elapsed_s, clock.elapsed_s) == (at("Mon 08:00"), 0, 3 * HOUR)


def test_a_calendar_that_never_opens_is_refused_or_has_no_due_time():
    policy = {"timers": {"resolution": timer("NEVER", p3=60)}, "warn_percent": [50]}

    with pytest.raises(SlaError) as refused:
        replayed(policy, [created()], now="Mon 12:00")
    clock = one("resolution", policy, [created()], now="Mon 12:00", refuse_closed=False)

    assert refused.value.code == "NO_OPENING"
    assert (clock.state, clock.due_at, clock.schedule) == ("running", None, ())


def test_a_target_used_up_at_the_last_closing_time_ever_is_due_and_never_breached():
    closing = {"versions": [*CALENDARS["DAY"]["versions"], {"valid_from": "2026-03-03"}]}
    policy = {"timers": {"resolution": timer("DAY", p3=480)}}

    clock = one("resolution", policy, [created()], now="Mon 12:00", calendars={"DAY": closing})

    assert (clock.due_at, clock.schedule) == (at("Mon 16:00"), ())


def test_an_unknown_calendar_is_refused():
    closing = {"DAY": CALENDARS["DAY"]}

    with pytest.raises(SlaError) as refused:
        replayed({"timers": {"resolution": timer("LATE", p3=60)}}, [created()], now="Mon 12:00", calendars=closing)

    assert refused.value.code == "UNKNOWN_CALENDAR"


def test_instants_with_other_offsets_are_the_same_instants():
    events = [{**created(), "at": "2026-03-02T02:00:00-05:00"}, {"type": "resolved", "at": "2026-03-02T13:00:00+05:00"}]

    clock = one("resolution", RESOLUTION, events, now="2026-03-02T09:00:00Z")

    assert verdict(clock) == ("met", 1, None, at("Mon 09:00"))
