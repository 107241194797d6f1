"""The desk DAY is open Monday to Friday, 08:00 to 16:00; the week is that of 2 March 2026."""

import pytest
from hypothesis import given

from tests.tickets.sla.plain import CALENDARS, HOUR, PAUSES, created, event, local, timer
from tests.tickets.sla.test_clock_properties import answer, tickets, unhurried
from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError
from tickets.sla.events import read_events
from tickets.sla.timeline import RULES, stretches

POLICY = {"timers": {"resolution": timer(p3=480)}, "pause_states": PAUSES}


def life(*events, now, policies=None, calendars=CALENDARS):
    policies = policies or {"P": POLICY}
    return stretches(
        read_events(list(events)),
        agreements={code: Agreement.parse(data, calendars=calendars) for code, data in policies.items()},
        calendars={code: Calendar.parse(data, code=code) for code, data in calendars.items()},
        now=local(now) if isinstance(now, str) else now,
    )


def told(stretch):
    """State, whose turn, why, and the hours running, paused, closed and stopped."""
    seconds = (stretch.running_s, stretch.paused_s, stretch.closed_s, stretch.stopped_s)
    return stretch.state, stretch.turn, stretch.rule, *(s / HOUR for s in seconds)


def test_the_life_of_a_ticket_tells_whose_time_it_was_and_why():
    events = [
        created(),
        event("Mon 10:00", "state", to="waiting_requester"),
        event("Tue 09:00", "requester_reply"),
        event("Tue 10:00", "vendor_handover", vendor="KMD"),
        event("Tue 10:00", "state", to="waiting_vendor"),
        event("Tue 14:00", "vendor_return", vendor="KMD"),
        event("Tue 14:00", "state", to="waiting_third_party"),
        event("Tue 15:00", "state", to="waiting_planned"),
        event("Wed 09:00", "resolved"),
        event("Wed 10:00", "reopened"),
    ]

    assert [told(stretch) for stretch in life(*events, now="Wed 11:00")] == [
        ("new", "desk", "desk_works", 2, 0, 0, 0),
        ("waiting_requester", "requester", "paused", 0, 7, 16, 0),
        ("open", "desk", "desk_works", 1, 0, 0, 0),
        ("waiting_vendor", "vendor", "vendor_counts", 4, 0, 0, 0),
        ("waiting_third_party", "third_party", "third_party_counts", 1, 0, 0, 0),
        ("waiting_planned", "requester", "paused", 0, 2, 16, 0),
        ("solved", "", "solved", 0, 0, 0, 1),
        ("open", "desk", "desk_works", 1, 0, 0, 0),
    ]


def test_an_event_that_changes_nothing_does_not_cut_a_stretch():
    found = life(created(), event("Mon 09:00", "internal_note"), now="Mon 11:00")

    assert [(told(stretch), stretch.to_at - stretch.from_at) for stretch in found] == [
        (("new", "desk", "desk_works", 3, 0, 0, 0), found[0].to_at - found[0].from_at)
    ]
    assert found[0].from_at.isoformat() == "2026-03-02T07:00:00+00:00"


def test_another_queue_or_priority_is_another_stretch():
    events = [created(queue="DESK"), event("Mon 09:00", "queue", to="NETWORK"), event("Mon 10:00", "priority", to=2)]

    found = life(*events, now="Mon 11:00")

    assert [(stretch.queue, stretch.priority) for stretch in found] == [("DESK", 3), ("NETWORK", 3), ("NETWORK", 2)]


def test_a_ticket_handed_over_is_the_vendors_turn_whatever_its_state():
    found = life(created(), event("Mon 09:00", "vendor_handover", vendor="KMD"), now="Mon 10:00")

    assert [(stretch.turn, stretch.vendors) for stretch in found] == [("desk", ()), ("vendor", ("KMD",))]


@pytest.mark.parametrize(
    ("policy", "events", "rule"),
    [
        ({"timers": {}}, [], "no_promise"),
        ({"timers": {"resolution": timer(p1=60)}}, [], "no_promise"),
        (
            {"timers": {"resolution": timer(p3=60)}},
            [event("Mon 08:00", "state", to="waiting_requester")],
            "waiting_counts",
        ),
        (POLICY, [event("Mon 08:00", "merged", into="T-1")], "merged"),
    ],
)
def test_every_rule_has_a_sentence(policy, events, rule):
    (stretch,) = life(created(), *events, now="Mon 10:00", policies={"P": policy})

    assert stretch.rule == rule
    assert rule in RULES


def test_now_is_not_before_the_last_event():
    with pytest.raises(SlaError) as refused:
        life(created(), event("Tue 09:00", "auto_reply"), now="Mon 09:00")

    assert refused.value.code == "BAD_ORDER"


@unhurried
@given(tickets())
def test_the_stretches_add_up_to_the_ticket_and_to_its_clock(ticket):
    events, policies, calendars, now = ticket

    found = life(*events, now=now, policies=policies, calendars=calendars)

    assert [stretch.to_at for stretch in found[:-1]] == [stretch.from_at for stretch in found[1:]]
    for stretch in found:
        counted = stretch.running_s + stretch.paused_s + stretch.closed_s + stretch.stopped_s
        assert counted == (stretch.to_at - stretch.from_at).total_seconds()
    for clock in answer(ticket).of("resolution"):
        assert sum(stretch.running_s for stretch in found) == clock.elapsed_s
        assert sum(stretch.paused_s for stretch in found) == clock.paused_s
