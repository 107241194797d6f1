"""Tickets nobody thought of: the fast clocks must agree with the law done second by second, and keep its invariants."""

import os
import re
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.tickets.sla.oracle import Simulation, seconds_of
from tests.tickets.sla.plain import EVERY_DAY
from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.clock import replay
from tickets.sla.events import read_events

WINDOW_S = 40 * 60
HORIZON_S = 90 * 60
STATES = ["open", "waiting_requester", "waiting_planned", "waiting_vendor", "waiting_third_party"]
MINUTES = st.sampled_from([None, 1, 1, 2, 3, 5, 9])
# An ordinary morning, the hour that is skipped in March, the hour that comes twice in October, and before 1970.
STARTS = [
    datetime(2026, 3, 2, 7, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
    datetime(1965, 6, 1, 9, 0, tzinfo=UTC),
]


@st.composite
def calendars(draw, start):
    """A and B open and close every few minutes around the start; the third is always open."""
    shown = start.astimezone(ZoneInfo("Europe/Copenhagen"))
    first = shown.hour * 60 + shown.minute
    made = {"C": _calendar([["00:00", "24:00"]])}
    for code in "AB":
        edges = sorted(draw(st.sets(st.integers(first - 5, first + 80), min_size=2, max_size=12)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        made[code] = _calendar([[_clock_text(opens), _clock_text(closes)] for opens, closes in pairs])
    return made


def _calendar(hours):
    versions = [{"valid_from": "1960-01-01", "weekly": dict.fromkeys(EVERY_DAY, hours)}]
    return {"timezone": "Europe/Copenhagen", "versions": versions}


def _clock_text(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


CODES = st.sampled_from("ABC")


@st.composite
def policies(draw):
    timers = {}
    for kind in ("first_response", "next_update", "resolution"):
        if draw(st.integers(0, 5)):
            targets = {str(priority): draw(MINUTES) for priority in range(1, 4)}
            timers[kind] = {"calendar": draw(CODES), "target_minutes": targets}
    return {
        "timers": timers,
        "calendar_by_priority": draw(st.sampled_from([{}, {"1": "C"}, {"2": "A"}])),
        "pause_states": {
            kind: draw(st.lists(st.sampled_from(STATES), max_size=3)) for kind in ("next_update", "resolution", "ola")
        },
        "warn_percent": draw(st.sampled_from([[], [50, 75, 90], [33, 34, 99], [98, 99], [1, 2, 3, 50]])),
        "ola": draw(st.dictionaries(st.sampled_from(["Q1", "Q2"]), _subject())),
        "vendors": draw(st.dictionaries(st.sampled_from(["V1", "V2"]), _subject())),
    }


def _subject():
    return st.fixed_dictionaries({"calendar": CODES, "target_minutes": MINUTES})


# A slow machine is no bug.
unhurried = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])

ACTIONS = [
    *["state"] * 5,
    *["priority"] * 3,
    *["public_reply"] * 2,
    *["queue"] * 2,
    *["policy"] * 2,
    *["vendor_handover"] * 3,
    *["vendor_return"] * 2,
    *["resolved", "reopened"] * 2,
    "requester_reply",
    "internal_note",
    "auto_reply",
    "void",
    "merged",
]


@st.composite
def tickets(draw):
    """(events, policies, calendars, now) that the law accepts, often with several events at one instant."""
    start = draw(st.sampled_from(STARTS))
    codes = ["P1", "P2"]
    agreements = {code: draw(policies()) for code in codes}
    at = start + timedelta(seconds=draw(st.integers(0, 600)))
    events = [_created(draw, at)]
    journey = _Journey()
    for action in draw(st.lists(st.sampled_from(ACTIONS), max_size=14)):
        data = journey.data_of(draw, action, agreements, events)
        if data is not None:
            at += timedelta(seconds=draw(st.sampled_from([0, 0, 1, 17, 60, 120, 301])))
            events.append({"type": action, "at": at.isoformat(), **data})
        if journey.is_merged:
            break
    now = at + timedelta(seconds=draw(st.one_of(st.sampled_from([0, 60, 120]), st.integers(0, 900))))
    return events, agreements, draw(calendars(start)), now


def _created(draw, at):
    return {
        "type": "created",
        "at": at.isoformat(),
        "priority": draw(st.integers(1, 3)),
        "policy": draw(st.sampled_from(["P1", "P2"])),
        "queue": draw(st.sampled_from([None, "Q1", "Q2"])),
        "channel": draw(st.sampled_from([None, "portal", "phone"])),
        "state": draw(st.sampled_from([None, "new", *STATES])),
    }


class _Journey:
    """Keeps to what may follow what."""

    def __init__(self):
        self.is_solved = self.is_merged = False
        self.vendors = set()

    def data_of(self, draw, action, agreements, events):
        """The fields of an event, None when it may not happen now."""
        if action in ("state", "vendor_handover", "resolved") and self.is_solved:
            return None
        return getattr(self, f"_{action}", lambda *_: {})(draw, agreements, events)

    def _state(self, draw, *_):
        return {"to": draw(st.sampled_from(STATES))}

    def _priority(self, draw, *_):
        return {"to": draw(st.integers(1, 3))}

    def _queue(self, draw, *_):
        return {"to": draw(st.sampled_from(["Q1", "Q2", "Q3"]))}

    def _policy(self, draw, *_):
        return {"to": draw(st.sampled_from(["P1", "P2"]))}

    def _vendor_handover(self, draw, *_):
        vendor = draw(st.sampled_from(["V1", "V2"]))
        if vendor in self.vendors:
            return None
        self.vendors.add(vendor)
        return {"vendor": vendor}

    def _vendor_return(self, draw, *_):
        if not self.vendors:
            return None
        vendor = draw(st.sampled_from(sorted(self.vendors)))
        self.vendors.remove(vendor)
        return {"vendor": vendor}

    def _resolved(self, draw, *_):
        self.is_solved = True
        self.vendors.clear()
        return {"cancelled_by": draw(st.sampled_from([None, None, "desk", "requester"]))}

    def _reopened(self, *_):
        if not self.is_solved:
            return None
        self.is_solved = False
        return {}

    def _merged(self, *_):
        self.is_merged = True
        return {"into": "T-1"}

    def _void(self, draw, agreements, events):
        # The clock of the first agreement is the only one sure to have started.
        timers = sorted(set(agreements[events[0]["policy"]]["timers"]) - {"next_update"})
        return {"timer": draw(st.sampled_from(timers)), "reason": "slip"} if timers else None


def answer(ticket, *, now=None, **options):
    events, policies, calendars, asked = ticket
    return replay(
        read_events(events),
        agreements={code: Agreement.parse(data, calendars=calendars) for code, data in policies.items()},
        calendars={code: Calendar.parse(data, code=code) for code, data in calendars.items()},
        now=now or asked,
        **options,
    )


SHARED_NAMES = (
    "kind",
    "subject",
    "state",
    "started",
    "stopped",
    "breached",
    "cause",
    "elapsed",
    "paused_s",
    "target",
    "due",
    "schedule",
)


def second(moment):
    return None if moment is None else int(moment.timestamp())


def up_to(ticket, moment):
    events, *rest = ticket
    return [event for event in events if event["at"] <= moment.isoformat()], *rest


@settings(unhurried, max_examples=80)
@given(tickets())
def test_the_clocks_agree_with_the_law_done_second_by_second(ticket):
    events, policies, calendars, now = ticket
    horizon = seconds_of(events[0]["at"]) + WINDOW_S + HORIZON_S

    expected = Simulation(events, policies, calendars, horizon).run(second(now))
    result = answer(ticket)

    assert [as_simulated(clock, horizon) for clock in result.clocks] == [as_answered(clock) for clock in expected]
    warnings = [(warning.kind, warning.percent, second(warning.at)) for warning in result.warnings]
    sent = [(clock["kind"], *warning) for clock in expected for warning in clock["sent_by_now"]]
    assert sorted(warnings) == sorted(sent)
    assert [at for *_, at in warnings] == sorted(at for *_, at in warnings)


def as_simulated(clock, horizon):
    due = second(clock.due_at)
    return {
        "kind": clock.kind,
        "subject": clock.subject,
        "state": clock.state,
        "started": second(clock.started_at),
        "stopped": second(clock.stopped_at),
        "breached": second(clock.breached_at),
        "cause": clock.cause,
        "elapsed": clock.elapsed_s,
        "paused_s": clock.paused_s,
        "target": clock.target_s,
        "due": due if due and due <= horizon else None,
        "schedule": [(effect.percent, second(effect.at)) for effect in clock.schedule if second(effect.at) < horizon],
    }


def as_answered(clock):
    return {name: clock[name] for name in SHARED_NAMES}


@unhurried
@given(tickets(), st.integers(0, 1200))
def test_what_was_foreseen_comes_true_when_nothing_more_happens(ticket, later):
    """The stored row needs no recalculation: its anchor and its schedule tell the future."""
    *_, now = ticket
    then = now + timedelta(seconds=later)

    before, after = answer(ticket), answer(ticket, now=then)

    for earlier, clock in zip(before.clocks, after.clocks, strict=True):
        assert (clock.anchor_at, clock.anchor_elapsed_s, clock.anchor_paused_s) == (
            earlier.anchor_at,
            earlier.anchor_elapsed_s,
            earlier.anchor_paused_s,
        )
        breach = [effect.at for effect in earlier.schedule if effect.percent == 100 and effect.at < then]
        assert clock.breached_at == (earlier.breached_at or (breach[0] if breach else None))
        due = [effect for effect in earlier.schedule if effect.percent < 100 and effect.at <= then]
        sent = [warning for warning in after.warnings if warning.kind == clock.kind and warning not in before.warnings]
        assert [(effect.percent, effect.at) for effect in due] == [(warning.percent, warning.at) for warning in sent]


@unhurried
@given(tickets())
def test_j1_what_was_stored_event_by_event_is_what_is_rebuilt_at_the_end(ticket):
    """The database's part of it, with the verbs and the worker, is in test_rebuilding."""
    events, *_ = ticket
    stored: dict = {}
    for end in range(1, len(events) + 1):
        if end == len(events) or events[end]["at"] != events[end - 1]["at"]:
            at = datetime.fromisoformat(events[end - 1]["at"])
            stored |= {(c.kind, c.cycle): c for c in answer((events[:end], *ticket[1:3], at), now=at).clocks}

    rebuilt = answer(ticket, now=datetime.fromisoformat(events[-1]["at"])).clocks

    assert stored == {(clock.kind, clock.cycle): clock for clock in rebuilt}


def followed(ticket, offsets):
    """(seconds passed, a clock as it was answered then, the same as it was answered later)."""
    start = datetime.fromisoformat(ticket[0][0]["at"])
    moments = [start + timedelta(seconds=offset) for offset in sorted(offsets)]
    answers = [answer(up_to(ticket, moment), now=moment) for moment in moments]
    for (then, before), (now, after) in pairwise(zip(moments, answers, strict=True)):
        for earlier, clock in zip(before.clocks, after.clocks, strict=False):
            yield (now - then).total_seconds(), earlier, clock


OFFSETS = st.lists(st.integers(0, 2400), min_size=2, max_size=5)


@unhurried
@given(tickets(), OFFSETS)
def test_j2_elapsed_never_falls_nor_outruns_time(ticket, offsets):
    for passed, earlier, clock in followed(ticket, offsets):
        assert 0 <= clock.elapsed_s - earlier.elapsed_s <= passed
        assert sum(clock.waited.values()) == clock.paused_s  # told by state, a pause loses nothing


@unhurried
@given(tickets(), OFFSETS)
def test_j5_a_breach_stays_except_by_void(ticket, offsets):
    for _, earlier, clock in followed(ticket, offsets):
        if earlier.breached_at is not None:
            assert clock.breached_at == earlier.breached_at
            assert clock.state in ("breached", "void")


@unhurried
@given(tickets(), st.integers(0, 1800))
def test_j6_a_later_change_never_alters_what_was_counted_before_it(ticket, offset):
    """The clocks at an instant are the same whatever is decided afterwards."""
    events, policies, calendars, _ = ticket
    moment = datetime.fromisoformat(events[0]["at"]) + timedelta(seconds=offset)
    past, *_ = up_to(ticket, moment)
    version = {"valid_from": str((moment + timedelta(days=2)).date())}
    closed_later = {code: data | {"versions": [*data["versions"], version]} for code, data in calendars.items()}

    before = counted(past, policies, calendars, moment)

    assert counted(past, policies, closed_later, moment) == before
    if past[-1]["type"] != "merged":
        soon = moment + timedelta(seconds=1)
        change = {"type": "policy", "to": "P1", "at": soon.isoformat()}
        after = counted([*past, change], policies, calendars, soon)
        assert all(0 <= late[1] - early[1] <= 1 for early, late in zip(before, after, strict=True))


def counted(events, policies, calendars, moment):
    clocks = answer((events, policies, calendars, moment), refuse_closed=False).clocks
    return [(clock.kind, clock.elapsed_s, clock.breached_at) for clock in clocks]


@unhurried
@given(tickets())
def test_j7_no_clock_moves_while_its_calendar_is_closed(ticket):
    """In a ticket whose calendars never open, nothing counts and nothing breaches."""
    events, policies, calendars, now = ticket
    closed = {code: {"versions": []} for code in calendars}
    result = answer((events, policies, closed, now), refuse_closed=False)

    assert [(clock.elapsed_s, clock.paused_s, clock.breached_at) for clock in result.clocks] == [
        (0, 0, None) for _ in result.clocks
    ]
    assert result.warnings == ()


@unhurried
@given(tickets(), st.permutations([("priority", 1), ("priority", 2), ("priority", 3)]))
def test_j9_simultaneous_events_count_in_their_recorded_order(ticket, changes):
    """Of several changes at one instant the last one recorded is in force afterwards, as if it were the only one."""
    events, policies, calendars, now = ticket
    assume(events[-1]["type"] != "merged")
    told = [{"type": kind, "to": to, "at": now.isoformat()} for kind, to in changes]

    several = answer(([*events, *told], policies, calendars, now)).clocks
    only_last = answer(([*events, told[-1]], policies, calendars, now)).clocks

    assert [terms_and_count(clock) for clock in several] == [terms_and_count(clock) for clock in only_last]


def terms_and_count(clock):
    """The cause of a breach is left out: a change to and fro leaves its mark there."""
    return clock.kind, clock.state, clock.target_s, clock.calendar, clock.elapsed_s, clock.due_at, clock.breached_at


@unhurried
@given(tickets(), st.sampled_from(["America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"]))
def test_j10_the_zone_of_the_server_does_not_matter(ticket, zone):
    before = answer(ticket)
    usual = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        assert answer(ticket) == before
    finally:
        os.environ.pop("TZ") if usual is None else os.environ.update(TZ=usual)
        time.tzset()


@unhurried
@given(tickets())
def test_j12_each_warning_is_sent_once(ticket):
    warnings = [(warning.kind, warning.percent) for warning in answer(ticket).warnings]

    assert len(set(warnings)) == len(warnings)


def test_every_invariant_has_its_test():
    folder = Path(__file__).parent
    named = re.findall(r"def test_(j\d+)_", "".join(path.read_text("utf-8") for path in folder.glob("test_*.py")))

    assert set(named) == {f"j{number}" for number in range(1, 13)}
