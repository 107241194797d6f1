"""Which clocks the events start, stop and end.

The desk DAY is open Monday to Friday, 08:00 to 16:00; the week is that of 2 March 2026.
"""

import pytest

from tests.tickets.sla.plain import HOUR, PAUSES, at, created, event, one, replayed, resolution, timer, verdict, void
from tickets.sla.clock import PRIORITY_CHANGE

FIRST = {"timers": {"first_response": timer(p3=60)}}


@pytest.mark.parametrize("kind", ["auto_reply", "internal_note", "requester_reply"])
def test_only_a_person_of_the_desk_responds(kind):
    clock = one("first_response", FIRST, [created(), event("Mon 08:10", kind)], now="Mon 08:30")

    assert clock.stopped_at is None


@pytest.mark.parametrize("channel", ["phone", "desk"])
def test_by_phone_or_at_the_desk_the_response_is_immediate(channel):
    clock = one("first_response", FIRST, [created(channel=channel)], now="Mon 12:00")

    assert verdict(clock) == ("met", 0, None, at("Mon 08:00"))


def test_a_solution_without_a_reply_is_the_first_response():
    clock = one("first_response", FIRST, [created(), event("Mon 08:30", "resolved")], now="Mon 12:00")

    assert verdict(clock) == ("met", 0.5, None, at("Mon 08:30"))


def test_the_first_response_never_starts_again():
    events = [
        created(),
        event("Mon 08:30", "resolved"),
        event("Mon 09:00", "reopened"),
        event("Mon 15:00", "public_reply"),
    ]

    assert verdict(one("first_response", FIRST, events, now="Mon 16:00")) == ("met", 0.5, None, at("Mon 08:30"))


UPDATES = {"timers": {"next_update": timer(p3=120)}, "pause_states": PAUSES}


def cycles(*events, now):
    result = replayed(UPDATES, [created(), *events], now=now)
    return [(c.cycle, c.started_at, c.state, c.elapsed_s / HOUR, c.breached_at) for c in result.of("next_update")]


def test_each_reply_ends_one_cycle_and_starts_the_next():
    events = [event("Mon 09:00", "public_reply"), event("Mon 12:00", "public_reply"), event("Mon 13:00", "resolved")]

    assert cycles(*events, now="Fri 12:00") == [
        (1, at("Mon 09:00"), "breached", 3, at("Mon 11:00")),
        (2, at("Mon 12:00"), "met", 1, None),
    ]


def test_a_cycle_pauses_while_the_requester_has_the_turn():
    events = [event("Mon 09:00", "public_reply"), event("Mon 09:00", "state", to="waiting_requester")]

    assert cycles(*events, now="Fri 12:00") == [(1, at("Mon 09:00"), "paused", 0, None)]


def test_reopening_starts_a_cycle_and_a_reply_while_solved_does_not():
    events = [event("Mon 09:00", "resolved"), event("Mon 10:00", "public_reply"), event("Mon 11:00", "reopened")]

    assert cycles(*events, now="Mon 12:00") == [(1, at("Mon 11:00"), "running", 1, None)]


QUEUES = {
    "timers": {},
    "pause_states": {"ola": ["waiting_requester"]},
    "ola": {queue: {"calendar": "DAY", "target_minutes": 60} for queue in ("DESK", "NETWORK")},
}


def visits(*events, now, queue="DESK"):
    result = replayed(QUEUES, [created(queue=queue), *events], now=now)
    return [(c.cycle, c.subject, c.started_at, c.state, c.elapsed_s / HOUR) for c in result.of("ola")]


def test_every_visit_of_a_queue_has_its_own_clock():
    events = [
        event("Mon 08:30", "queue", to="NETWORK"),
        event("Mon 10:30", "queue", to="PRINT"),
        event("Mon 11:00", "queue", to="NETWORK"),
    ]

    assert visits(*events, now="Mon 11:30") == [
        (1, "DESK", at("Mon 08:00"), "met", 0.5),
        (2, "NETWORK", at("Mon 08:30"), "breached", 2),
        (3, "NETWORK", at("Mon 11:00"), "running", 0.5),
    ]


def test_moved_to_the_queue_it_is_in_the_visit_goes_on():
    assert visits(event("Mon 08:30", "queue", to="DESK"), now="Mon 08:45") == [
        (1, "DESK", at("Mon 08:00"), "running", 0.75)
    ]


def test_reopening_is_a_new_visit_to_the_queue_of_now():
    events = [
        event("Mon 08:30", "resolved"),
        event("Mon 09:00", "queue", to="NETWORK"),
        event("Mon 10:00", "reopened"),
    ]

    assert visits(*events, now="Mon 10:30") == [
        (1, "DESK", at("Mon 08:00"), "met", 0.5),
        (2, "NETWORK", at("Mon 10:00"), "running", 0.5),
    ]


def test_a_ticket_without_a_queue_has_no_visit():
    assert visits(now="Mon 10:00", queue=None) == []


VENDORS = {
    "timers": {},
    "vendors": {vendor: {"calendar": "DAY", "target_minutes": 120} for vendor in ("KMD", "MS")},
}


def vendors(*events, now):
    result = replayed(VENDORS, [created(), *events], now=now)
    return [(c.cycle, c.subject, c.state, c.elapsed_s / HOUR, c.stopped_at) for c in result.of("vendor")]


KMD = {"vendor": "KMD"}


def test_handed_over_again_the_same_clock_goes_on():
    events = [
        event("Mon 09:00", "vendor_handover", **KMD),
        event("Mon 10:00", "vendor_return", **KMD),
        event("Mon 12:00", "vendor_handover", **KMD),
    ]

    assert vendors(*events[:2], now="Mon 11:00") == [(1, "KMD", "met", 1, at("Mon 10:00"))]
    assert vendors(*events, now="Mon 12:30") == [(1, "KMD", "running", 1.5, None)]


def test_a_vendor_never_rests_while_the_requester_is_asked():
    events = [event("Mon 09:00", "vendor_handover", **KMD), event("Mon 09:00", "state", to="waiting_requester")]

    assert vendors(*events, now="Mon 10:00") == [(1, "KMD", "running", 1, None)]


def test_the_solution_takes_the_ticket_back_from_every_vendor():
    events = [
        event("Mon 09:00", "vendor_handover", **KMD),
        event("Mon 09:30", "vendor_handover", vendor="MS"),
        event("Mon 10:00", "resolved"),
        event("Mon 12:00", "reopened"),
        event("Mon 13:00", "vendor_handover", **KMD),
    ]

    assert vendors(*events, now="Mon 13:30") == [
        (1, "KMD", "running", 1.5, None),
        (2, "MS", "met", 0.5, at("Mon 10:00")),
    ]


def test_handed_over_again_under_an_agreement_without_the_vendor_the_result_stands():
    events = [
        created(),
        event("Mon 09:00", "vendor_handover", **KMD),
        event("Mon 10:00", "vendor_return", **KMD),
        event("Mon 11:00", "policy", to="Q"),
        event("Mon 12:00", "vendor_handover", **KMD),
    ]

    clock = one("vendor", {"P": VENDORS, "Q": {"timers": {}}}, events, now="Mon 15:00")

    assert verdict(clock) == ("met", 1, None, at("Mon 10:00"))


def test_a_vendor_without_a_target_has_no_clock():
    assert vendors(event("Mon 09:00", "vendor_handover", vendor="HP"), now="Mon 10:00") == []


def test_the_time_between_solved_and_reopened_does_not_count():
    events = [event("Mon 10:00", "resolved"), event("Wed 09:00", "reopened")]

    clock = resolution(*events, now="Wed 10:00")

    assert verdict(clock) == ("running", 3, None, None)
    assert (clock.anchor_at, clock.anchor_elapsed_s) == (at("Wed 09:00"), 2 * HOUR)


def test_reopened_after_a_breach_it_stays_breached():
    events = [event("Mon 13:00", "resolved"), event("Tue 09:00", "reopened")]

    assert verdict(resolution(*events, now="Tue 10:00", priority=2)) == ("breached", 6, at("Mon 12:00"), None)


def test_reopened_while_it_was_waiting_the_work_goes_on():
    events = [
        event("Mon 09:00", "state", to="waiting_requester"),
        event("Mon 10:00", "resolved"),
        event("Mon 11:00", "reopened"),
    ]

    assert verdict(resolution(*events, now="Mon 12:00")) == ("running", 2, None, None)


def test_merging_ends_what_runs_and_keeps_what_is_decided():
    policy = {"timers": {"first_response": timer(p3=60), "resolution": timer(p3=480), "next_update": timer(p3=60)}}
    events = [created(), event("Mon 08:30", "public_reply"), event("Mon 10:00", "merged", into="T-1")]

    result = replayed(policy, events, now="Fri 12:00")

    assert [(c.kind, c.state, c.elapsed_s / HOUR, c.stopped_at) for c in result.clocks] == [
        ("first_response", "met", 0.5, at("Mon 08:30")),
        ("resolution", "merged", 2, at("Mon 10:00")),
        ("next_update", "breached", 1.5, at("Mon 10:00")),
    ]


def test_a_paused_clock_ends_merged():
    events = [event("Mon 09:00", "state", to="waiting_requester"), event("Mon 10:00", "merged", into="T-1")]

    clock = resolution(*events, now="Mon 12:00")

    assert (clock.state, clock.is_paused, clock.paused_s) == ("merged", False, HOUR)


def test_a_void_takes_a_breach_out_of_the_count_and_keeps_the_facts():
    events = [event("Mon 13:00", "priority", to=1), void("Mon 14:00", timer="resolution")]

    clock = resolution(*events, now="Mon 15:00")

    assert (clock.state, clock.void_reason, clock.breached_at, clock.cause) == (
        "void",
        "slip of the hand",
        at("Mon 13:00"),
        PRIORITY_CHANGE,
    )
    assert (clock.elapsed_s, clock.stopped_at, clock.schedule) == (7 * HOUR, None, ())


def test_a_void_clock_is_judged_no_more_and_stays_void_when_reopened():
    events = [void("Mon 09:00", clock="resolution"), event("Tue 09:00", "resolved"), event("Tue 10:00", "reopened")]

    clock = resolution(*events, now="Fri 12:00", priority=2)

    assert (clock.state, clock.breached_at) == ("void", None)


def test_a_void_concerns_one_clock_only():
    events = [
        created(queue="DESK"),
        event("Mon 10:00", "queue", to="NETWORK"),
        event("Mon 12:00", "queue", to="DESK"),
        void("Mon 14:00", clock="ola", queue="NETWORK"),
    ]

    states = [(clock.subject, clock.state) for clock in replayed(QUEUES, events, now="Mon 15:00").of("ola")]

    assert states == [("DESK", "breached"), ("NETWORK", "void"), ("DESK", "breached")]


@pytest.mark.parametrize(("data", "states"), [({}, ["met", "void"]), ({"cycle": 1}, ["void", "running"])])
def test_a_void_means_the_latest_cycle_unless_it_names_one(data, states):
    events = [
        created(),
        event("Mon 09:00", "public_reply"),
        event("Mon 10:00", "public_reply"),
        void("Mon 10:30", clock="next_update", **data),
    ]

    assert [clock.state for clock in replayed(UPDATES, events, now="Mon 11:00").of("next_update")] == states


WHOLE = {"timers": {kind: timer(p3=60) for kind in ("first_response", "resolution", "next_update")}}


def test_cancelled_by_the_requester_before_a_reply_is_void():
    events = [created(), event("Mon 10:00", "resolved", cancelled_by="requester")]

    result = replayed(WHOLE, events, now="Mon 12:00")

    assert [(clock.kind, clock.state) for clock in result.clocks] == [
        ("first_response", "void"),
        ("resolution", "void"),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [event("Mon 08:10", "public_reply"), event("Mon 08:20", "resolved", cancelled_by="requester")],
        [event("Mon 08:20", "resolved", cancelled_by="desk")],
    ],
)
def test_cancelled_otherwise_is_solved(events):
    clock = one("resolution", WHOLE, [created(), *events], now="Mon 12:00")

    assert verdict(clock) == ("met", 1 / 3, None, at("Mon 08:20"))
