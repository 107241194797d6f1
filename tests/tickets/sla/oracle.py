"""The law of the clocks done the slow way, to check the fast one: every second is looked at, one after the other.

Nothing of `tickets.sla` is used here. It reads the plain form of calendars, agreements and events directly.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMERS = ("first_response", "next_update", "resolution")


def seconds_of(text):
    return int(datetime.fromisoformat(text).timestamp())


@cache
def wall_clock(zone, start, end):
    """(UTC second, what the local clock shows) for every minute."""
    zone = ZoneInfo(zone)
    minutes = range(start - start % 60, end, 60)
    return [(at, datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None)) for at in minutes]


def first_at_or_after(wall, moment):
    return next(at for at, shown in wall if shown >= moment)


def written_hours(calendar, day):
    versions = [version for version in calendar["versions"] if date.fromisoformat(version["valid_from"]) <= day]
    if not versions:
        return []
    version = max(versions, key=lambda version: version["valid_from"])
    if day.isoformat() in version.get("exceptions", {}):
        return version["exceptions"][day.isoformat()]
    if day.isoformat() in version.get("holidays", []):
        return []
    return version.get("weekly", {}).get(WEEKDAYS[day.weekday()], [])


def opening(calendar, start, end):
    """The open intervals that begin in the local dates around [start, end), as UTC seconds."""
    wall = wall_clock(calendar["timezone"], start - 3 * 86400, end + 3 * 86400)
    first, last = datetime.fromtimestamp(start, UTC).date(), datetime.fromtimestamp(end, UTC).date()
    intervals = []
    for offset in range(-1, (last - first).days + 2):
        day = first + timedelta(days=offset)
        midnight = datetime.fromisoformat(day.isoformat())
        for opens, closes in written_hours(calendar, day):
            edges = [midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (opens, closes)]
            intervals.append(tuple(first_at_or_after(wall, edge) for edge in edges))
    return intervals


def business(calendar, start, end):
    return sum(max(0, min(end, closes) - max(start, opens)) for opens, closes in opening(calendar, start, end))


class Simulation:
    """All clocks of a ticket, second by second from its creation."""

    def __init__(self, events, policies, calendars, horizon):
        self.events = [(seconds_of(event["at"]), event) for event in events]
        self.policies = policies
        self.start = self.events[0][0]
        self.open = {code: self._open_seconds(calendar, horizon) for code, calendar in calendars.items()}
        self.horizon = horizon
        self.clocks = []
        self.state = self.priority = self.queue = self.policy = None
        self.solved = self.merged = self.answered = False
        self.vendors = set()

    def _open_seconds(self, calendar, horizon):
        seconds = bytearray(horizon - self.start)
        for opens, closes in opening(calendar, self.start, horizon):
            for at in range(max(opens, self.start), min(closes, horizon)):
                seconds[at - self.start] = 1
        return seconds

    def run(self, now):
        """Up to now, then on as if nothing more happened: the result has both."""
        for at in range(self.start, now + 1):
            for when, event in self.events:
                if when == at:
                    self._happen(event, at)
            self._look(at)
            if at < now:
                self._flow(at)
        result = [self._snapshot(clock) for clock in self.clocks]
        for at in range(now, self.horizon):
            if at > now:
                self._look(at)
            self._flow(at)
        for snapshot, clock in zip(result, self.clocks, strict=True):
            self._foresee(snapshot, clock)
        return result

    def _look(self, at):
        for clock in self.clocks:
            target = clock["target"]
            if clock["stopped"] is not None or clock["void"] or target is None:
                continue
            if clock["breached"] is None and clock["elapsed"] > target:
                clock["breached"] = at
                clock["cause"] = "priority_change" if clock["repriced"] == at else "agreement_change"
            if clock["kind"] in ("first_response", "resolution"):
                passed = [
                    percent
                    for percent in clock["percents"]
                    if percent not in clock["sent"] and clock["elapsed"] * 100 >= target * percent
                ]
                if passed:
                    clock["warnings"].append((max(passed), at))
                    clock["sent"] |= set(passed)

    def _flow(self, at):
        for clock in self.clocks:
            is_open = clock["calendar"] is not None and self.open[clock["calendar"]][at - self.start]
            if clock["stopped"] is not None or not is_open:
                continue
            if clock["paused"]:
                clock["paused_s"] += 1
                continue
            clock["elapsed"] += 1
            clock["reached"].append(at + 1)
            is_judged = clock["target"] is not None and not clock["void"]
            if is_judged and clock["breached"] is None and clock["elapsed"] > clock["target"]:
                clock["breached"] = at

    def _happen(self, event, at):
        getattr(self, "_on_" + event["type"], lambda *_: None)(event, at)
        self._apply_terms()

    def _on_created(self, event, at):
        self.priority, self.state = event["priority"], event.get("state") or "new"
        self.policy, self.queue = self.policies[event["policy"]], event.get("queue")
        self._start("first_response", "", at)
        self._start("resolution", "", at)
        self._start("ola", self.queue, at)
        if event.get("channel") in ("phone", "desk"):
            self._on_public_reply(event, at)

    def _on_public_reply(self, event, at):
        self.answered = True
        self._stop(at, "first_response")
        self._stop(at, "next_update")
        if not self.solved:
            self._start("next_update", "", at)

    def _on_requester_reply(self, event, at):
        if self.state == "waiting_requester":
            self.state = "open"

    def _on_state(self, event, at):
        self.state = event["to"]

    def _on_priority(self, event, at):
        self.priority = event["to"]
        for clock in self.clocks:
            if clock["stopped"] is None:
                self._reprice(clock, at)

    def _on_policy(self, event, at):
        self.policy = self.policies[event["to"]]

    def _on_queue(self, event, at):
        if event["to"] == self.queue:
            return
        self._stop(at, "ola")
        self.queue = event["to"]
        if not self.solved:
            self._start("ola", self.queue, at)

    def _on_vendor_handover(self, event, at):
        vendor = event["vendor"]
        known = [clock for clock in self.clocks if (clock["kind"], clock["subject"]) == ("vendor", vendor)]
        if not known:
            self._start("vendor", vendor, at)
        elif self._terms("vendor", vendor):
            self._go_on(known[0], at)

    def _on_vendor_return(self, event, at):
        self._stop(at, "vendor", event["vendor"])

    def _on_resolved(self, event, at):
        withdrawn = event.get("cancelled_by") == "requester" and not self.answered
        for clock in self.clocks:
            if clock["stopped"] is None and withdrawn:
                clock["void"] = True
        self._stop(at)
        self.solved = True

    def _on_reopened(self, event, at):
        self.solved = False
        self.state = "open"
        for clock in self.clocks:
            if clock["kind"] == "resolution":
                self._go_on(clock, at)
        self._start("next_update", "", at)
        self._start("ola", self.queue, at)

    def _on_merged(self, event, at):
        for clock in self.clocks:
            clock["merged"] = clock["merged"] or clock["stopped"] is None
        self._stop(at)

    def _on_void(self, event, at):
        [clock for clock in self.clocks if clock["kind"] == event["timer"]][-1]["void"] = True

    def _terms(self, kind, subject):
        """(calendar, target seconds) or None where the agreement has no such clock."""
        if kind in TIMERS:
            timer = self.policy.get("timers", {}).get(kind)
            if timer is None:
                return None
            priority = str(self.priority)
            minutes = timer.get("target_minutes", {}).get(priority)
            calendar = self.policy.get("calendar_by_priority", {}).get(priority, timer["calendar"])
        else:
            terms = self.policy.get("ola" if kind == "ola" else "vendors", {}).get(subject)
            if terms is None or terms.get("target_minutes") is None:
                return None
            calendar, minutes = terms["calendar"], terms["target_minutes"]
        return calendar, None if minutes is None else minutes * 60

    def _start(self, kind, subject, at):
        if self._terms(kind, subject) is None:
            return
        self.clocks.append(
            {
                "kind": kind,
                "subject": subject,
                "started": at,
                "stopped": None,
                "breached": None,
                "cause": "",
                "elapsed": 0,
                "paused_s": 0,
                "reached": [at],
                "merged": False,
                "void": False,
                "sent": set(),
                "warnings": [],
                "priority": self.priority,
                "repriced": None,
            }
        )
        self._apply_terms()

    def _stop(self, at, kind=None, subject=None):
        for clock in self.clocks:
            if clock["stopped"] is None and kind in (None, clock["kind"]) and subject in (None, clock["subject"]):
                clock["stopped"] = at

    def _go_on(self, clock, at):
        clock["stopped"] = None
        self._reprice(clock, at)

    def _reprice(self, clock, at):
        if clock["priority"] != self.priority:
            clock["priority"], clock["repriced"] = self.priority, at

    def _apply_terms(self):
        for clock in self.clocks:
            if clock["stopped"] is None:
                terms = self._terms(clock["kind"], clock["subject"])
                clock["calendar"], clock["target"] = terms or (None, None)
                pauses = self.policy.get("pause_states", {}).get(clock["kind"], [])
                clock["paused"] = bool(terms) and self.state in pauses
                clock["percents"] = self.policy.get("warn_percent", []) if terms else []

    def _snapshot(self, clock):
        return {name: list(value) if isinstance(value, list) else value for name, value in clock.items()} | {
            "state": self._state(clock),
            "due": None,
            "schedule": [],
            "sent_by_now": list(clock["warnings"]),
        }

    def _state(self, clock):
        if clock["void"]:
            return "void"
        if clock["breached"] is not None:
            return "breached"
        if clock["target"] is None:
            return "no_target"
        if clock["stopped"] is not None:
            return "merged" if clock["merged"] else "met"
        return "paused" if clock["paused"] else "running"

    def _foresee(self, snapshot, clock):
        """What the time after now brought; `due` stays None where it lies beyond the horizon."""
        if snapshot["state"] == "running" and len(clock["reached"]) > clock["target"]:
            snapshot["due"] = clock["reached"][clock["target"]]
        snapshot["schedule"] = clock["warnings"][len(snapshot["sent_by_now"]) :]
        if snapshot["breached"] is None and clock["breached"] is not None:
            snapshot["schedule"] = [*snapshot["schedule"], (100, clock["breached"])]
