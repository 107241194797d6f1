import pytest

from tests.tickets.sla.plain import created, event, replayed, timer
from tickets.sla.errors import SlaError
from tickets.sla.events import Event, read_event, read_events

SIMPLE = {"timers": {"resolution": timer(p3=480)}, "vendors": {"KMD": {"calendar": "DAY", "target_minutes": 60}}}


def refusal(*events, now="Fri 12:00"):
    with pytest.raises(SlaError) as refused:
        replayed(SIMPLE, list(events), now=now)
    return f"{refused.value.code}.{refused.value.reason}".rstrip(".")


def test_an_event_keeps_only_the_fields_of_its_kind():
    row = {"type": "priority", "at": "2026-03-02T08:00:00.9+01:00", "to": 2, "actor": 17, "channel": "portal"}

    assert read_events([row]) == [Event("priority", 1772434800, {"to": 2})]


def test_a_created_ticket_is_new_unless_it_says_otherwise():
    data = {"priority": 3, "policy": "P", "actor": 4}

    assert read_event("created", "2026-03-02T08:00:00+01:00", data).data == {
        "priority": 3,
        "queue": None,
        "channel": None,
        "state": "new",
        "agreement": "P",
    }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("public_reply", "BAD_EVENT"),
        (None, "BAD_EVENT"),
        ({}, "BAD_EVENT"),
        ({"type": "abducted", "at": "2026-03-02T08:00:00Z"}, "BAD_EVENT"),
        ({"type": ["state"], "at": "2026-03-02T08:00:00Z"}, "BAD_EVENT"),
        ({"type": None, "at": "2026-03-02T08:00:00Z"}, "BAD_EVENT"),
        ({"type": "public_reply"}, "BAD_TIME"),
        ({"type": "public_reply", "at": 1772434800}, "BAD_TIME"),
        ({"type": "public_reply", "at": "2026-03-02T08:00:00"}, "NAIVE_TIME"),
        ({"type": "public_reply", "at": "2300-03-02T08:00:00Z"}, "BAD_TIME"),
    ],
)
def test_a_row_that_is_no_event_is_refused(row, code):
    with pytest.raises(SlaError) as refused:
        read_events([row])

    assert refused.value.code == code


@pytest.mark.parametrize("rows", [{}, "created", 7])
def test_events_come_as_a_list(rows):
    with pytest.raises(SlaError) as refused:
        read_events(rows)

    assert refused.value.code == "BAD_EVENT"


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("created", {}, "BAD_PRIORITY"),
        ("created", {"priority": 0}, "BAD_PRIORITY"),
        ("created", {"priority": 6}, "BAD_PRIORITY"),
        ("created", {"priority": "3"}, "BAD_PRIORITY"),
        ("created", {"priority": True}, "BAD_PRIORITY"),
        ("created", {"priority": 3, "state": "asleep"}, "BAD_EVENT"),
        ("created", {"priority": 3, "state": "resolved"}, "BAD_EVENT"),
        ("created", {"priority": 3, "queue": 7}, "BAD_EVENT"),
        ("created", {"priority": 3, "channel": ["phone"]}, "BAD_EVENT"),
        ("created", {"priority": 3, "policy": {}}, "BAD_EVENT"),
        ("state", {}, "BAD_EVENT"),
        ("state", {"to": "merged"}, "BAD_EVENT"),
        ("state", {"to": ["open"]}, "BAD_EVENT"),
        ("priority", {}, "BAD_PRIORITY"),
        ("priority", {"to": 2.0}, "BAD_PRIORITY"),
        ("queue", {}, "BAD_EVENT"),
        ("queue", {"to": " "}, "BAD_EVENT"),
        ("policy", {"to": None}, "BAD_EVENT"),
        ("vendor_handover", {}, "BAD_EVENT"),
        ("vendor_return", {"vendor": ""}, "BAD_EVENT"),
        ("resolved", {"cancelled_by": "the weather"}, "BAD_EVENT"),
        ("resolved", {"cancelled_by": ["requester"]}, "BAD_EVENT"),
        ("merged", {}, "BAD_EVENT"),
        ("void", {"reason": "slip"}, "BAD_EVENT"),
        ("void", {"clock": "resolution"}, "BAD_EVENT"),
        ("void", {"clock": "patience", "reason": "slip"}, "BAD_EVENT"),
        ("void", {"clock": "resolution", "reason": "slip", "cycle": True}, "BAD_EVENT"),
        ("void", {"clock": "resolution", "reason": "slip", "cycle": "1"}, "BAD_EVENT"),
    ],
)
def test_an_event_with_bad_fields_is_refused(kind, data, code):
    with pytest.raises(SlaError) as refused:
        read_event(kind, "2026-03-02T08:00:00Z", data)

    assert refused.value.code == code


def test_the_first_event_is_the_creation():
    assert refusal() == "BAD_ORDER.first"
    assert refusal(event("Mon 08:00", "public_reply")) == "BAD_ORDER.first"
    assert refusal(event("Mon 08:00", "public_reply"), created()) == "BAD_ORDER.first"


def test_a_ticket_is_created_once():
    assert refusal(created(), created()) == "BAD_ORDER.created"


def test_events_ascend():
    later, earlier = event("Mon 10:00", "internal_note"), event("Mon 09:59:59", "internal_note")

    assert refusal(created(), later, earlier) == "BAD_ORDER.time"


def test_now_is_not_before_the_last_event():
    assert refusal(created(), event("Tue 09:00", "auto_reply"), now="Tue 08:59:59") == "BAD_ORDER.now"


SOLVED = event("Mon 10:00", "resolved")
MERGED = event("Mon 10:00", "merged", into="T-1")


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([SOLVED, SOLVED], "BAD_ORDER.solved"),
        ([SOLVED, event("Mon 11:00", "state", to="open")], "BAD_ORDER.solved"),
        ([SOLVED, event("Mon 11:00", "vendor_handover", vendor="KMD")], "BAD_ORDER.solved"),
        ([event("Mon 11:00", "reopened")], "BAD_ORDER.not_solved"),
        ([SOLVED, event("Mon 11:00", "reopened"), event("Mon 11:00", "reopened")], "BAD_ORDER.not_solved"),
        ([event("Mon 09:00", "vendor_return", vendor="KMD")], "BAD_ORDER.not_handed_over"),
        (
            [event("Mon 09:00", "vendor_handover", vendor="KMD"), event("Mon 09:00", "vendor_return", vendor="MS")],
            "BAD_ORDER.not_handed_over",
        ),
        ([event("Mon 09:00", "vendor_handover", vendor="KMD")] * 2, "BAD_ORDER.handed_over"),
        (
            [
                event("Mon 09:00", "vendor_handover", vendor="KMD"),
                SOLVED,
                event("Mon 10:00", "vendor_return", vendor="KMD"),
            ],
            "BAD_ORDER.not_handed_over",
        ),
        ([MERGED, event("Mon 10:00", "internal_note")], "BAD_ORDER.merged"),
        ([MERGED, MERGED], "BAD_ORDER.merged"),
        ([MERGED, event("Tue 10:00", "void", clock="resolution", reason="slip")], "BAD_ORDER.merged"),
        ([event("Mon 09:00", "void", clock="first_response", reason="slip")], "BAD_EVENT.clock"),
        ([event("Mon 09:00", "void", clock="resolution", cycle=2, reason="slip")], "BAD_EVENT.clock"),
        ([event("Mon 09:00", "policy", to="Q")], "UNKNOWN_POLICY"),
    ],
)
def test_what_may_not_follow_is_refused(events, code):
    assert refusal(created(), *events) == code


def test_an_unknown_agreement_at_creation_is_refused():
    assert refusal(created(policy="Q")) == "UNKNOWN_POLICY"
    assert refusal(created(policy=None)) == "UNKNOWN_POLICY"


@pytest.mark.parametrize(
    "events",
    [
        [SOLVED, event("Mon 11:00", "requester_reply"), event("Mon 11:00", "public_reply")],
        [SOLVED, event("Mon 11:00", "priority", to=1), event("Mon 11:00", "queue", to="X")],
        [SOLVED, event("Mon 11:00", "void", clock="resolution", reason="slip"), event("Mon 11:00", "policy", to="P")],
        [SOLVED, MERGED],
        [SOLVED, event("Mon 10:00", "reopened"), SOLVED],
        [event("Mon 09:00", "vendor_handover", vendor="KMD"), event("Mon 09:00", "vendor_handover", vendor="MS")],
    ],
)
def test_what_may_follow_is_accepted(events):
    assert replayed(SIMPLE, [created(), *events], now="Fri 12:00").of("resolution")
