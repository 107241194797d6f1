"""How one clock counts, pauses and is breached.

The desk DAY is open Monday to Friday, 08:00 to 16:00; the week is that of 2 March 2026.
"""

from tests.tickets.sla.plain import HOUR, RESOLUTION, at, created, event, one, replayed, resolution, timer, verdict
from tickets.sla.clock import AGREEMENT_CHANGE, PRIORITY_CHANGE


def test_a_target_used_up_is_not_yet_exceeded():
    clock = resolution(now="Mon 16:00")

    assert verdict(clock) == ("running", 8, None, None)
    assert clock.due_at == at("Mon 16:00")


def test_overnight_the_clock_stays_due_at_closing_time():
    clock = resolution(now="Tue 07:59")

    assert verdict(clock) == ("running", 8, None, None)
    assert clock.due_at == at("Mon 16:00")
    assert [(effect.percent, effect.at) for effect in clock.schedule] == [(100, at("Tue 08:00"))]


def test_at_the_opening_instant_it_can_still_be_met():
    assert verdict(resolution(now="Tue 08:00")) == ("running", 8, None, None)
    assert verdict(resolution(event("Tue 08:00", "resolved"), now="Tue 09:00")) == ("met", 8, None, at("Tue 08:00"))


def test_the_first_open_second_beyond_the_target_is_the_breach():
    assert verdict(resolution(now="Tue 08:00:01"))[::2] == ("breached", at("Tue 08:00"))


def test_within_a_day_the_breach_is_dated_to_the_due_instant():
    clock = resolution(now="Mon 12:00:01", priority=2)

    assert (clock.state, clock.breached_at, clock.due_at) == ("breached", at("Mon 12:00"), None)


def test_a_breached_clock_runs_on_until_it_stops():
    clock = resolution(event("Mon 14:00", "resolved"), now="Fri 12:00", priority=2)

    assert verdict(clock) == ("breached", 6, at("Mon 12:00"), at("Mon 14:00"))


def test_a_target_used_up_as_the_pause_begins_is_exceeded_when_it_ends():
    events = [event("Mon 12:00", "state", to="waiting_requester"), event("Tue 09:00", "requester_reply")]

    paused = resolution(events[0], now="Mon 15:00", priority=2)
    resumed = resolution(*events, now="Tue 10:00", priority=2)

    assert verdict(paused) == ("paused", 4, None, None)
    assert verdict(resumed) == ("breached", 5, at("Tue 09:00"), None)


def test_a_pause_at_the_instant_of_the_breach_comes_before_it():
    clock = resolution(event("Mon 12:00", "state", to="waiting_planned"), now="Fri 16:00", priority=2)

    assert verdict(clock) == ("paused", 4, None, None)


def test_a_breach_later_lowered_to_more_time_stays():
    clock = resolution(event("Mon 13:00", "priority", to=3), now="Mon 15:00", priority=2)

    assert (clock.state, clock.breached_at, clock.target_s, clock.cause) == (
        "breached",
        at("Mon 12:00"),
        8 * HOUR,
        "",
    )


def test_more_time_at_the_very_instant_the_target_is_used_up_saves_it():
    clock = resolution(event("Mon 12:00", "priority", to=3), now="Mon 15:00", priority=2)

    assert verdict(clock) == ("running", 7, None, None)
    assert clock.due_at == at("Mon 16:00")


def test_a_raised_priority_breaches_at_the_change_and_says_why():
    clock = resolution(event("Mon 13:00", "priority", to=2), now="Mon 15:00")

    assert (clock.state, clock.breached_at, clock.cause) == ("breached", at("Mon 13:00"), PRIORITY_CHANGE)


def test_a_raised_priority_breaches_even_a_paused_clock():
    events = [event("Mon 13:00", "state", to="waiting_requester"), event("Mon 14:00", "priority", to=2)]

    clock = resolution(*events, now="Mon 15:00")

    assert (clock.state, clock.is_paused, clock.breached_at) == ("breached", True, at("Mon 14:00"))


def test_a_raised_priority_breaches_at_night_too():
    clock = resolution(event("Mon 23:00", "priority", to=2), now="Mon 23:00")

    assert clock.breached_at == at("Mon 23:00")


def test_a_raise_to_exactly_what_has_elapsed_is_met_so_far():
    clock = resolution(event("Mon 12:00", "priority", to=2), now="Mon 12:00")

    assert (clock.state, clock.due_at) == ("running", at("Mon 12:00"))


def test_a_raise_taken_back_at_the_same_instant_does_nothing():
    events = [event("Mon 13:00", "priority", to=1), event("Mon 13:00", "priority", to=3)]

    assert verdict(resolution(*events, now="Mon 14:00")) == ("running", 6, None, None)


def test_a_ticket_solved_at_the_instant_of_the_raise_is_judged_after_both():
    events = [event("Mon 13:00", "priority", to=1), event("Mon 13:00", "resolved")]

    clock = resolution(*events, now="Mon 14:00")

    assert (clock.state, clock.target_s, clock.breached_at) == ("met", HOUR, None)


def test_simultaneous_events_count_in_their_recorded_order():
    """Raised before it was solved, or after."""
    raised, solved = event("Mon 13:00", "priority", to=2), event("Mon 13:00", "resolved")

    assert resolution(raised, solved, now="Mon 14:00").target_s == 4 * HOUR
    assert resolution(solved, raised, now="Mon 14:00").target_s == 8 * HOUR


def test_a_priority_changed_while_solved_counts_from_the_reopening():
    events = [event("Mon 13:00", "resolved"), event("Mon 14:00", "priority", to=2)]

    solved = resolution(*events, now="Mon 15:00")
    reopened = resolution(*events, event("Tue 09:00", "reopened"), now="Tue 10:00")

    assert (solved.state, solved.target_s) == ("met", 8 * HOUR)
    assert (reopened.state, reopened.breached_at, reopened.cause) == ("breached", at("Tue 09:00"), PRIORITY_CHANGE)


def test_another_calendar_counts_from_the_change_on():
    """Priority 2 counts 12:00 to 20:00: two hours of DAY, then from 17:00 three of LATE."""
    policy = {"timers": {"resolution": timer(p2=600, p3=600)}, "calendar_by_priority": {"2": "LATE"}}

    clock = resolution(event("Mon 17:00", "priority", to=2), now="Mon 21:00", policies=policy, at="Mon 14:00")

    assert (clock.elapsed_s, clock.calendar) == (5 * HOUR, "LATE")
    assert clock.due_at == at("Tue 17:00")


def test_another_calendar_while_paused_counts_once_resumed():
    policy = RESOLUTION | {"calendar_by_priority": {"2": "LATE"}}
    events = [
        event("Mon 10:00", "state", to="waiting_requester"),
        event("Mon 11:00", "priority", to=2),
        event("Mon 13:00", "state", to="open"),
    ]

    clock = resolution(*events, now="Mon 14:00", policies=policy)

    # Paused open time: 10 to 11 by DAY, 12 to 13 by LATE.
    assert (clock.elapsed_s, clock.paused_s) == (3 * HOUR, 2 * HOUR)
    assert clock.due_at == at("Mon 15:00")


TWO = {
    "P": {"timers": {"resolution": timer(p3=480)}, "pause_states": {"resolution": ["waiting_vendor"]}},
    "Q": {"timers": {"resolution": timer("LATE", p3=120), "first_response": timer(p3=60)}},
    "NONE": {"timers": {}},
}


def test_another_agreement_brings_its_calendar_target_and_pauses():
    events = [event("Mon 09:00", "state", to="waiting_vendor"), event("Mon 11:00", "policy", to="Q")]

    clock = resolution(*events, now="Mon 12:30", policies=TWO)

    assert (clock.state, clock.elapsed_s, clock.paused_s, clock.target_s) == ("running", 1.5 * HOUR, 2 * HOUR, 7200)
    assert clock.due_at == at("Mon 13:00")


def test_an_agreement_that_leaves_too_little_breaches_at_the_change():
    clock = resolution(event("Mon 11:00", "policy", to="Q"), now="Mon 11:00", policies=TWO)

    assert (clock.state, clock.breached_at, clock.cause) == ("breached", at("Mon 11:00"), AGREEMENT_CHANGE)


def test_a_change_of_priority_before_is_not_blamed_for_it():
    events = [event("Mon 09:00", "priority", to=2), event("Mon 11:00", "policy", to="Q")]
    policies = {
        "P": {"timers": {"resolution": timer(p2=480, p3=480)}},
        "Q": {"timers": {"resolution": timer(p2=60, p3=60)}},
    }

    assert resolution(*events, now="Mon 11:00", policies=policies).cause == AGREEMENT_CHANGE


def test_a_change_of_agreement_starts_no_clock():
    result = replayed(TWO, [created(), event("Mon 09:00", "policy", to="Q")], now="Mon 10:00")

    assert [clock.kind for clock in result.clocks] == ["resolution"]


def test_an_agreement_without_the_clock_leaves_it_unpromised_and_standing_still():
    clock = resolution(event("Mon 09:00", "policy", to="NONE"), now="Mon 15:00", policies=TWO)

    assert (clock.state, clock.elapsed_s, clock.target_s, clock.due_at) == ("no_target", HOUR, None, None)


def test_a_stopped_clock_keeps_its_terms_when_the_agreement_changes():
    clock = resolution(
        event("Mon 10:00", "resolved"), event("Mon 11:00", "policy", to="Q"), now="Mon 12:00", policies=TWO
    )

    assert (clock.state, clock.target_s, clock.calendar) == ("met", 8 * HOUR, "DAY")


def test_reopening_takes_the_agreement_of_now():
    events = [
        event("Mon 10:00", "resolved"),
        event("Mon 11:00", "policy", to="Q"),
        event("Mon 12:00", "reopened"),
    ]

    clock = resolution(*events, now="Mon 13:00", policies=TWO)

    assert (clock.elapsed_s, clock.target_s, clock.calendar) == (3 * HOUR, 2 * HOUR, "LATE")
    assert (clock.state, clock.breached_at) == ("breached", at("Mon 12:00"))


def test_without_a_target_for_its_priority_a_clock_runs_unjudged():
    clock = resolution(now="Mon 12:00", priority=4)

    assert verdict(clock) == ("no_target", 4, None, None)
    assert (clock.target_s, clock.remaining_open_seconds, clock.schedule) == (None, None, ())


def test_a_priority_with_a_target_counts_from_the_start():
    clock = resolution(event("Mon 14:00", "priority", to=2), now="Mon 14:00", priority=4)

    assert (clock.state, clock.breached_at) == ("breached", at("Mon 14:00"))


def test_a_breach_stays_when_the_target_goes():
    clock = resolution(event("Mon 14:00", "priority", to=4), now="Mon 15:00", priority=2)

    assert (clock.state, clock.breached_at, clock.target_s) == ("breached", at("Mon 12:00"), None)


def test_an_unpromised_clock_stays_so_when_the_ticket_is_solved_or_merged():
    for kind, data in (("resolved", {}), ("merged", {"into": "T-1"})):
        clock = resolution(event("Mon 09:00", kind, **data), now="Mon 12:00", priority=5)

        assert verdict(clock) == ("no_target", 1, None, at("Mon 09:00"))


def test_a_ticket_created_waiting_is_paused_from_the_start():
    clock = resolution(now="Mon 10:00", state="waiting_planned")

    assert verdict(clock) == ("paused", 0, None, None)
    assert (clock.paused_s, clock.due_at, clock.remaining_open_seconds) == (2 * HOUR, None, 8 * HOUR)


def test_only_open_time_is_paused_time():
    clock = resolution(event("Mon 15:00", "state", to="waiting_requester"), now="Tue 09:00")

    assert (clock.elapsed_s, clock.paused_s, clock.remaining_open_seconds) == (7 * HOUR, 2 * HOUR, HOUR)


def test_from_one_waiting_to_another_the_pause_goes_on():
    events = [event("Mon 09:00", "state", to="waiting_requester"), event("Mon 10:00", "state", to="waiting_planned")]

    clock = resolution(*events, now="Mon 12:00")

    assert clock.waited == {"waiting_requester": HOUR, "waiting_planned": 2 * HOUR}

    assert (clock.state, clock.elapsed_s, clock.paused_s, clock.anchor_at) == (
        "paused",
        HOUR,
        3 * HOUR,
        at("Mon 09:00"),
    )


def test_the_requester_ends_only_the_waiting_for_the_requester():
    planned = [event("Mon 09:00", "state", to="waiting_planned"), event("Mon 10:00", "requester_reply")]
    asked = [event("Mon 09:00", "state", to="waiting_requester"), event("Mon 23:00", "requester_reply")]

    assert resolution(*planned, now="Mon 11:00").state == "paused"
    assert verdict(resolution(*asked, now="Tue 09:00")) == ("running", 2, None, None)


def test_waiting_for_vendor_or_third_party_counts():
    events = [event("Mon 09:00", "state", to="waiting_vendor"), event("Mon 10:00", "state", to="waiting_third_party")]

    assert verdict(resolution(*events, now="Mon 11:00")) == ("running", 3, None, None)


def test_no_agreement_pauses_the_first_response():
    policy = {"timers": {"first_response": timer(p3=60)}, "pause_states": {"resolution": ["waiting_requester"]}}

    clock = one("first_response", policy, [created(state="waiting_requester")], now="Mon 08:30")

    assert verdict(clock) == ("running", 0.5, None, None)
