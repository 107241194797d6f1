"""The course of a ticket: what its events make of it, and which clocks they start, stop and change.

- First response: starts when the ticket is received; stops at the first public reply or when it is solved, at once by
  phone or at the desk. It starts only once.
- Next update: each public reply of an unsolved ticket, and each reopening, starts a new cycle; the next public reply
  or the solution stops it.
- Resolution: starts when received, stops when solved, goes on when reopened.
- OLA: one clock per visit to a queue that has a target; reopening is a new visit to the present queue.
- Vendor: runs while the vendor has the ticket; the solution takes it back; handed over again the same clock goes on.

A change of priority or agreement counts from its instant on for every clock not stopped, and starts none; a clock
stopped keeps its terms until it goes on. Merging ends every clock still open and lets no event follow.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError
from tickets.sla.events import DIRECT_CHANNELS, Event
from tickets.sla.states import OLA, OPEN, VENDOR, WAITING_REQUESTER
from tickets.sla.stopwatch import Stopwatch, terms_of

NOTHING = Agreement({})
# Kept in English as the reason of the void; whoever shows it passes it through gettext.
CANCELLED_BY_REQUESTER = gettext_noop("Cancelled by the requester before the first reply.")


class Course:
    def __init__(self, agreements: Mapping[str, Agreement], calendars: Mapping[str, Calendar]):
        self.agreements = agreements
        self.calendars = calendars
        self.agreement = NOTHING
        self.state = ""
        self.priority = 0
        self.queue = ""
        self.vendors: set[str] = set()
        self.is_solved = self.is_merged = self.is_answered = False
        self.stopwatches: list[Stopwatch] = []
        self.at = 0

    def take(self, event: Event) -> None:
        """Let one event happen. Raises BAD_ORDER, BAD_EVENT, UNKNOWN_POLICY, UNKNOWN_CALENDAR."""
        if self.is_merged:
            raise SlaError("BAD_ORDER", reason="merged", value=event.kind)
        self.at = event.at
        handle = getattr(self, f"_on_{event.kind}", None)
        if handle:
            handle(**event.data)

    def look(self) -> None:
        """All events of the instant have happened: judge."""
        for stopwatch in self.stopwatches:
            stopwatch.look(self.at)

    def promise(self, kind, subject=""):
        return self.agreement.promise(kind, priority=self.priority, subject=subject)

    def latest(self, kind, *, subject=None, cycle=None):
        """The last clock of a kind to have started, None when there is none."""
        for stopwatch in reversed(self.stopwatches):
            if stopwatch.kind == kind and subject in (None, stopwatch.subject) and cycle in (None, stopwatch.cycle):
                return stopwatch
        return None

    def _on_created(self, *, priority, queue, channel, state, agreement):
        self.priority = priority
        self.state = state
        self.queue = queue or ""
        self.agreement = self._agreement(agreement)
        self._start("first_response")
        self._start("resolution")
        self._enter_queue()
        if channel in DIRECT_CHANNELS:
            self._on_public_reply()

    def _on_public_reply(self):
        self.is_answered = True
        self._stop("first_response")
        self._stop("next_update")
        if not self.is_solved:
            self._start("next_update")

    def _on_requester_reply(self):
        if self.state == WAITING_REQUESTER:
            self._change_state(OPEN)

    def _on_state(self, *, to):
        self._refuse_solved()
        self._change_state(to)

    def _on_priority(self, *, to):
        self.priority = to
        self._follow()

    def _on_policy(self, *, to):
        self.agreement = self._agreement(to)
        self._follow()

    def _on_queue(self, *, to):
        if to == self.queue:
            return
        self._stop(OLA)
        self.queue = to
        if not self.is_solved:
            self._enter_queue()

    def _on_vendor_handover(self, *, vendor):
        self._refuse_solved()
        if vendor in self.vendors:
            raise SlaError("BAD_ORDER", reason="handed_over", value=vendor)
        self.vendors.add(vendor)
        stopwatch = self.latest(VENDOR, subject=vendor)
        if stopwatch is None:
            self._start(VENDOR, subject=vendor)
        elif self.promise(VENDOR, vendor):
            self._go_on(stopwatch)

    def _on_vendor_return(self, *, vendor):
        if vendor not in self.vendors:
            raise SlaError("BAD_ORDER", reason="not_handed_over", value=vendor)
        self.vendors.remove(vendor)
        self._stop(VENDOR, subject=vendor)

    def _on_resolved(self, *, cancelled_by):
        self._refuse_solved()
        withdrawn = cancelled_by == "requester" and not self.is_answered
        for stopwatch in self._unstopped():
            stopwatch.stop(self.at)
            if withdrawn:
                stopwatch.void(CANCELLED_BY_REQUESTER, at=self.at)
        self.is_solved = True
        self.vendors.clear()

    def _on_reopened(self):
        if not self.is_solved:
            raise SlaError("BAD_ORDER", reason="not_solved")
        self.is_solved = False
        self.state = OPEN
        resolution = self.latest("resolution")
        if resolution:
            self._go_on(resolution)
        self._start("next_update")
        self._enter_queue()

    def _on_merged(self, *, into):
        for stopwatch in self._unstopped():
            stopwatch.stop(self.at, merged=True)
        self.is_merged = True

    def _on_void(self, *, clock, subject, cycle, reason):
        stopwatch = self.latest(clock, subject=subject, cycle=cycle)
        if stopwatch is None:
            raise SlaError("BAD_EVENT", reason="clock", value=clock)
        stopwatch.void(reason, at=self.at)

    def _refuse_solved(self):
        if self.is_solved:
            raise SlaError("BAD_ORDER", reason="solved")

    def _agreement(self, code):
        agreement = self.agreements.get(code)
        if agreement is None:
            raise SlaError("UNKNOWN_POLICY", value=code)
        return agreement

    def _change_state(self, state):
        self.state = state
        self._follow()

    def _enter_queue(self):
        if self.queue:
            self._start(OLA, subject=self.queue)

    def _start(self, kind, *, subject=""):
        promise = self.promise(kind, subject)
        if promise is not None:
            terms = terms_of(promise, self.calendars, state=self.state)
            cycle = sum(stopwatch.kind == kind for stopwatch in self.stopwatches) + 1
            self.stopwatches.append(Stopwatch(kind, subject, cycle, at=self.at, terms=terms, priority=self.priority))

    def _stop(self, kind, *, subject=None):
        for stopwatch in self._unstopped():
            if stopwatch.kind == kind and subject in (None, stopwatch.subject):
                stopwatch.stop(self.at)

    def _go_on(self, stopwatch):
        stopwatch.go_on(self._terms(stopwatch), at=self.at, priority=self.priority)

    def _follow(self):
        for stopwatch in self._unstopped():
            stopwatch.follow(self._terms(stopwatch), at=self.at, priority=self.priority)

    def _terms(self, stopwatch):
        return terms_of(self.promise(stopwatch.kind, stopwatch.subject), self.calendars, state=self.state)

    def _unstopped(self):
        return [stopwatch for stopwatch in self.stopwatches if not stopwatch.is_stopped]
