"""Thirteen months of stories: who asked for what, when, how urgent, and how it went. All from one seed."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from random import Random

from django.utils import timezone

from municipalities.sample.people import Community
from tickets.models import Channel, Ticket
from tickets.sample.desk import FIRST_RESPONSE, NEXT_UPDATE, RESOLUTION, Desk, catalogue
from tickets.sample.stories import HOUR, Over, Story, Teller, local_day
from tickets.sla.instants import to_datetime, to_seconds
from tickets.sla.priority import priority as computed_priority
from tickets.sla.terms import Rulebook
from tickets.status import Status

MONTHS_BACK = 13
OPEN_SHARE = 0.006  # of today and yesterday, besides those whose story merely has not ended yet
# Some wait for weeks: for a delivery, a first working day, a version of the vendor. They are most of what stands open.
LONG_SHARE = {Ticket.Kind.REQUEST: 0.40, Ticket.Kind.INCIDENT: 0.17}
LONG_WAITS = {
    Status.WAITING_PLANNED: 64,
    Status.WAITING_REQUESTER: 18,
    Status.WAITING_VENDOR: 12,
    Status.WAITING_THIRD_PARTY: 6,
}
DEMO_SHARE = 0.01
LEVELS = {(3, 3): 20, (3, 2): 48, (2, 2): 14, (2, 3): 8, (3, 1): 6, (2, 1): 3, (1, 2): 0.7, (1, 1): 0.3}
CHANNELS = {Channel.PORTAL: 56, Channel.PHONE: 27, Channel.MAIL: 12, Channel.DESK: 5}
STANDING = {
    Status.NEW: 18, Status.OPEN: 42, Status.WAITING_REQUESTER: 20, Status.WAITING_PLANNED: 6, Status.WAITING_VENDOR: 9,
    Status.WAITING_THIRD_PARTY: 5,
}  # fmt: skip
# How many per month of the year, summer and Christmas being quiet.
SEASON = {1: 1.1, 2: 0.95, 3: 1.0, 4: 0.9, 5: 0.95, 6: 0.9, 7: 0.45, 8: 1.25, 9: 1.1, 10: 0.95, 11: 1.05, 12: 0.75}
# Open hours that an open ticket is typically old.
AGE_HOURS = {1: 1, 2: 2, 3: 5, 4: 8, 5: 10}
LONG_DAYS = {
    Status.WAITING_PLANNED: 20,
    Status.WAITING_REQUESTER: 6,
    Status.WAITING_VENDOR: 8,
    Status.WAITING_THIRD_PARTY: 8,
}
PREFIX = {"furesoe": "FUR", "egedal": "EGE", "ballerup": "BAL"}
SEEN = "Hej {first}. Jeg har set din sag og går i gang. Du hører fra mig."
STILL = "Hej {first}. Vi arbejder stadig på sagen. Du hører fra os igen, så snart der er nyt."
WAITS_FOR_VENDOR = "Sendt videre til {vendor} med beskrivelse og skærmbillede."
NOT_SOLVED = "Det virker desværre ikke endnu. Samme fejl igen her til morgen."


def first_instant(until: datetime) -> datetime:
    """The first of a month, thirteen whole months before the running one, in local time."""
    first = timezone.localtime(until).replace(day=1, hour=0, minute=0, second=0, tzinfo=None)
    year, month = divmod(first.year * 12 + first.month - 1 - MONTHS_BACK, 12)
    return timezone.make_aware(first.replace(year=year, month=month + 1))


class History:
    """Tells stories one by one; `until` is the present, in UTC."""

    def __init__(self, community: Community, desk: Desk, rules: Rulebook, *, until: datetime, rng: Random):
        self.community = community
        self.desk = desk
        self.rules = rules
        self.until = to_seconds(until)
        self.begins = to_seconds(first_instant(until))
        self.rng = rng
        self.hours = rules.calendars["desk"]

    @cached_property
    def open_seconds(self) -> int:
        """Of the whole time, from the first month to the present."""
        return self.hours.open_seconds(self.begins, self.until)

    def tell(self, count: int) -> Iterator[Story]:
        standing = round(count * OPEN_SHARE)
        for number in range(count):
            yield self._standing() if number < standing else self._lived()

    def _lived(self) -> Story:
        """A life that went its course, as far as it has come by now."""
        teller, case = self._begin(self._any_instant(), self._pick(LEVELS))
        with suppress(Over):
            self._live(teller, case)
        return teller.story

    def _standing(self) -> Story:
        """A ticket on somebody's table."""
        levels = self._pick(LEVELS)
        standing = self._pick(STANDING)
        age = (
            self.rng.expovariate(1 / AGE_HOURS[computed_priority(*levels)])
            * HOUR
            * (0.25 if standing == Status.NEW else 1)
        )
        received = self.hours.due_second(self.begins, max(1, int(self.open_seconds - age)))
        teller, case = self._begin(received, levels)
        with suppress(Over):
            self._stand(teller, case, standing, self.hours.open_seconds(received, self.until))
        return teller.story

    def _any_instant(self) -> int:
        while True:
            at = self.hours.due_second(self.begins, self.rng.randrange(1, self.open_seconds))
            if self.rng.random() < SEASON[to_datetime(at).month] / 1.25:
                return at

    def _begin(self, received, levels):
        entry, requester = self._pick_category(levels), self._requester()
        case = self.rng.choice(entry["cases"]) | {"minutes": entry["minutes"], "vendor": entry.get("vendor")}
        words = self._words(requester, to_datetime(received))
        ticket = self._ticket(self.desk.categories[entry["code"]], requester, levels, case, received)
        team = self.desk.teams[ticket.queue.code]
        teller = Teller(ticket, words, hours=self.hours, until=self.until, team=team, rng=self.rng)
        version = self.rules.in_force(
            service_id=ticket.service_id, municipality_id=ticket.municipality_id, at=ticket.received_at
        )
        by = self.rng.choice(team) if ticket.channel in (Channel.PHONE, Channel.DESK) else requester
        teller.created(by=by, agreement=version.code)
        return teller, case

    def _pick_category(self, levels):
        urgent = sum(levels) <= 4
        entries = catalogue()["category"]
        return self.rng.choices(
            entries, [entry["weight"] * (entry.get("urgent", 1) if urgent else 1) for entry in entries]
        )[0]

    def _requester(self):
        members = self.community.members
        known = self.community.holders("requester")
        if self.rng.random() < DEMO_SHARE * len(known):
            return self.rng.choice(known)
        place = self.rng.choices(members, [len(self.community.requesters[member.pk]) for member in members])[0]
        return self.rng.choice(self.community.requesters[place.pk])

    def _words(self, requester, received):
        """What is filled into the texts. (Copies fill in their own: see `multiply`.)"""
        return {
            "site": requester.site.name,
            "department": requester.department.split("|")[-1],
            "room": f"{self.rng.randrange(1, 5)}.{self.rng.randrange(1, 31):02}",
            "device": f"{PREFIX[requester.municipality.slug]}-LT-{self.rng.randrange(1000, 9999):05}",
            "colleague": self.rng.choice(self.community.requesters[requester.municipality_id]).name,
            "day": local_day(received, self.rng.randrange(4, 15)),
            "first": requester.name.split()[0],
        }

    def _ticket(self, category, requester, levels, case, received):
        at = to_datetime(received)
        queue = self.desk.queues["foerste-linje"] if self.rng.random() < 0.15 else category.queue
        return Ticket(
            municipality_id=requester.municipality_id, requester=requester, department=requester.department,
            site=requester.site, subject=case["subject"], description=case["description"], category=category,
            service=category.service, kind=Ticket.Kind.REQUEST if category.is_request else Ticket.Kind.INCIDENT,
            impact=levels[0], urgency=levels[1], priority=computed_priority(*levels), queue=queue,
            channel=self._pick(CHANNELS), received_at=at, changed_at=at,
        )  # fmt: skip

    def _live(self, teller, case):
        first, total = self._pace(teller.ticket.priority)
        if self.rng.random() < 0.02:
            teller.cancel(first, self.rng.choice([Ticket.CancelReason.WITHDRAWN, Ticket.CancelReason.DUPLICATE]))
            return
        self._take_up(teller, first * 0.8)
        self._respond(teller, case, first * 0.2)
        left = max(total - first, 300)
        if self.rng.random() < LONG_SHARE[teller.ticket.kind]:
            self._wait_for_weeks(teller, case)
        left -= self._pass_on(teller, case, left)
        self._work(teller, case, left)
        if self.rng.random() < 0.04:
            teller.reopen(self.rng.uniform(1, 20) * HOUR, NOT_SOLVED)
            teller.reply(self.rng.uniform(0.2, 1) * HOUR, SEEN)
            self._work(teller, case, total * 0.3)
        teller.close()

    def _pace(self, priority):
        """Seconds of work until the first reply and until solved: mostly well within the targets."""
        first = FIRST_RESPONSE[str(priority)] * 60 * self.rng.lognormvariate(-1.25, 0.75)
        total = RESOLUTION[str(priority)] * 60 * self.rng.lognormvariate(-1.3, 0.8)
        return first, max(total, first + 300)

    def _take_up(self, teller, seconds):
        """In the first line a ticket of another team is looked at, and moved."""
        ticket = teller.ticket
        if ticket.queue.code == ticket.category.queue.code:
            teller.take(seconds)
            return
        teller.take(seconds * 0.5)
        teller.move(seconds * 0.2, queue=ticket.category.queue, team=self.desk.teams[ticket.category.queue.code])
        teller.take(seconds * 0.3)

    def _respond(self, teller, case, seconds):
        if self.rng.random() < 0.45:
            teller.reply(seconds, f"Hej {{first}}. {case['question']}", and_wait=True)
            teller.answer(self.rng.lognormvariate(1.2, 1.0) * HOUR, case["answer"])
        elif teller.ticket.channel not in (Channel.PHONE, Channel.DESK):
            teller.reply(seconds, SEEN)

    def _wait_for_weeks(self, teller, case):
        """The requester knows of it and, in most cases, agreed to it, so that the promise stands still."""
        reason = self._pick(LONG_WAITS)
        seconds = min(self.rng.lognormvariate(-0.2, 0.6), 3) * LONG_DAYS[reason] * 8 * HOUR
        if reason == Status.WAITING_REQUESTER:
            teller.reply(HOUR, f"Hej {{first}}. {case['question']}", and_wait=True)
            teller.go(seconds)
            teller.answer(60, case["answer"])
            return
        if reason == Status.WAITING_VENDOR:
            teller.hand_over(HOUR, self.desk.vendors[case["vendor"] or "kmd"])
        elif reason == Status.WAITING_THIRD_PARTY:
            teller.wait_for_others(HOUR)
        else:
            teller.plan(HOUR, ahead=seconds)
        teller.resume(seconds)

    def _pass_on(self, teller, case, left):
        """Perhaps to the vendor, perhaps until a time agreed with the requester. Returns the open seconds it took."""
        if case["vendor"] and self.rng.random() < 0.35:
            vendor = self.desk.vendors[case["vendor"]]
            teller.note(left * 0.1, WAITS_FOR_VENDOR.format(vendor=vendor.name))
            teller.hand_over(60, vendor)
            teller.resume(left * 0.5)
            return left * 0.6 + 60
        if self.rng.random() < 0.08:
            teller.plan(left * 0.1, ahead=12 * HOUR)
            teller.resume(12 * HOUR)
            return left * 0.1
        return 0

    def _work(self, teller, case, left):
        """Work, tell the requester that it goes on before the next update is due, and solve."""
        promised = NEXT_UPDATE.get(str(teller.ticket.priority))
        if promised and self.rng.random() < 0.85:
            pause = promised * 60 * 0.8
            for _ in range(min(int(left / pause), 6)):
                teller.reply(pause, STILL)
                left -= pause
        if self.rng.random() < 0.6:
            teller.note(left * 0.6, case["note"])
            left *= 0.4
        self._register(teller, case)
        teller.resolve(max(left, 60), case["solution"])

    def _register(self, teller, case):
        minutes = max(2, round(case["minutes"] * self.rng.lognormvariate(0, 0.5)))
        teller.register(min(minutes, 480))

    def _stand(self, teller, case, standing, age):
        if standing == Status.NEW:
            return
        first, _ = self._pace(teller.ticket.priority)
        self._take_up(teller, min(first, age * 0.3))
        if standing == Status.WAITING_REQUESTER:
            teller.reply(age * 0.2, f"Hej {{first}}. {case['question']}", and_wait=True)
            return
        teller.reply(age * 0.05, SEEN)
        if standing == Status.OPEN and self.rng.random() < 0.4:
            teller.answer(age * 0.2, case["answer"])
        elif standing == Status.WAITING_VENDOR:
            teller.hand_over(age * 0.1, self.desk.vendors[case["vendor"] or "kmd"])
        elif standing == Status.WAITING_THIRD_PARTY:
            teller.wait_for_others(age * 0.1)
        elif standing == Status.WAITING_PLANNED:
            teller.plan(age * 0.1, ahead=self.rng.uniform(4, 24) * HOUR)
        else:
            teller.note(age * 0.2, case["note"])

    def _pick(self, weights: dict):
        return self.rng.choices(list(weights), list(weights.values()))[0]
