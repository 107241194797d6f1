"""A new version of an agreement as a proposal, and its effect: the last ninety days as they would have been judged.

A ticket keeps the version that was in force when it came, so no open ticket gets another due time. What a new version
means is told by the tickets there were: each is replayed from its events, under the terms in force and under the new
ones, with everything else as it was. That past does not change, so neither does the effect.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from municipalities.governance.kinds import Effect, Kind, Part, Plain
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from servicecenter.ui import formats
from tickets.models import Event, Ticket
from tickets.sla.administration.agreement_words import Names, differences
from tickets.sla.agreement import Agreement as Terms
from tickets.sla.agreement import check_agreeable
from tickets.sla.errors import SlaError
from tickets.sla.instants import to_seconds
from tickets.sla.keeping import reading_of
from tickets.sla.models import Agreement, AgreementVersion, Calendar
from tickets.sla.priority import PRIORITIES
from tickets.sla.states import BREACHED, MET, TIMERS
from tickets.sla.terms import Rulebook, rulebook

AGREEMENT = "agreement"
LOOKS_BACK = timedelta(days=90)
MOST = 1000  # of each municipality, the newest


def concerned_by(agreement: Agreement) -> list[Municipality]:
    """The one municipality that the agreement is for, else all of them."""
    members = Municipality.objects.members().filter(left_on=None)
    only = agreement.for_municipality_id
    return list(members.filter(pk=only) if only else members)


def check_terms(agreement: Agreement, terms: Plain, *, takes_effect_at: datetime) -> Terms:
    """Read the terms as the clocks will. Raises what the law refuses, NO_OPENING included."""
    rules = rulebook()
    parsed = Terms.parse(terms, calendars=_usable(agreement, rules), code=agreement.code)
    check_agreeable(terms)
    for kind in TIMERS:
        for priority in PRIORITIES:
            promise = parsed.promise(kind, priority=priority)
            if promise and promise.target_s:
                rules.calendars[promise.calendar].due_second(to_seconds(takes_effect_at), promise.target_s)
    if AgreementVersion.objects.filter(agreement=agreement, valid_from=takes_effect_at).exists():
        raise SlaError("OVERLAP", value=formats.instant(takes_effect_at, now=timezone.now()))
    return parsed


def usable_calendars(agreement: Agreement):
    """Joint calendars, and the own one of the municipality that the agreement is for; with a version in force."""
    found = Calendar.objects.filter(versions__isnull=False).distinct().order_by("name")
    return found.filter(for_municipality=None) | found.filter(for_municipality=agreement.for_municipality)


class AgreementKind(Kind):
    code = AGREEMENT
    name = pgettext_lazy("kind of proposal", "Agreement")
    propose_permission = "propose_agreements"
    change_template = "tickets/administration/_agreement_change.html"
    effect_template = "tickets/administration/_agreement_effect.html"
    is_of_the_past = True

    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        check_terms(Agreement.objects.get(code=subject), change["terms"], takes_effect_at=takes_effect_at)

    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        now, then = rulebook(), _with_terms(rulebook(), subject, change["terms"])
        codes = sorted(code for code in now.agreements if code.rpartition("@")[0] == subject)
        return {m.code: _part(_tickets(m, codes, at), now, then, at=at) for m in municipalities}

    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        agreement = Agreement.objects.select_for_update().get(code=proposal.subject)
        terms = proposal.change["terms"]
        check_terms(agreement, terms, takes_effect_at=proposal.takes_effect_at)
        AgreementVersion.objects.create(agreement=agreement, valid_from=proposal.takes_effect_at, terms=terms)

    def context(self, proposal: Proposal) -> Plain:
        agreement = Agreement.objects.prefetch_related("versions").get(code=proposal.subject)
        base = version_before(agreement, proposal.takes_effect_at)
        return {
            "agreement": agreement,
            "base": base,
            "lines": differences(base.terms if base else {}, proposal.change["terms"], Names.read()),
        }

    def address(self, subject: str) -> str:
        return reverse("tickets:agreement", args=[subject])


def version_before(agreement: Agreement, instant: datetime) -> AgreementVersion | None:
    """The version in force until a version of that instant."""
    earlier = [version for version in agreement.versions.all() if version.valid_from < instant]
    return max(earlier, key=lambda version: version.valid_from, default=None)


def _usable(agreement: Agreement, rules: Rulebook) -> set[str]:
    return set(usable_calendars(agreement).values_list("code", flat=True)) & rules.calendars.keys()


def _with_terms(rules: Rulebook, subject: str, terms: Plain) -> Rulebook:
    """The rules with these terms in every version of the agreement."""
    parsed = Terms.parse(terms, calendars=rules.calendars, code=subject)
    own = {code: parsed for code in rules.agreements if code.rpartition("@")[0] == subject}
    return replace(rules, agreements=rules.agreements | own)


def _tickets(municipality: Municipality, codes: list[str], at: datetime) -> Iterator[Ticket]:
    """The newest tickets of the time looked at that came under this agreement, with their events until then."""
    came = Event.objects.filter(
        municipality=municipality, kind="created", at__gte=at - LOOKS_BACK, at__lt=at, data__agreement__in=codes
    )
    newest = came.order_by("-at", "-pk").values_list("ticket_id", flat=True)[:MOST]
    until = Event.objects.filter(at__lte=at).order_by("pk")
    found = Ticket.objects.filter(pk__in=list(newest)).prefetch_related(Prefetch("events", until, to_attr="told"))
    return iter(found.order_by("number"))


def _part(tickets: Iterator[Ticket], now: Rulebook, then: Rulebook, *, at: datetime) -> Part:
    rows: list[dict[str, Any]] = []
    counts: Counter[tuple[str, str, str]] = Counter()
    seen = 0
    for ticket in tickets:
        seen += 1
        before, after = (_verdicts(ticket, rules, at) for rules in (now, then))
        counts.update(("now", kind, state) for (kind, _cycle), state in before.items())
        counts.update(("then", kind, state) for (kind, _cycle), state in after.items())
        rows += [
            {"number": ticket.number, "clock": key[0], "cycle": key[1], "now": before.get(key), "then": after.get(key)}
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]
    return Part({"tickets": seen, "since": (at - LOOKS_BACK).isoformat(), "clocks": _table(counts)}, rows)


def _verdicts(ticket: Ticket, rules: Rulebook, at: datetime) -> dict[tuple[str, int], str]:
    """(clock, cycle) → met or breached, for clocks that are decided."""
    readings = reading_of(ticket.told, now=at, rules=rules).clocks  # type: ignore[attr-defined]  # by to_attr above
    return {(c.kind, c.cycle): c.state for c in readings if c.kind in TIMERS and c.state in (MET, BREACHED)}


def _table(counts: Counter) -> Plain:
    """Clock → [met, breached] now and then."""
    return {
        kind: {when: [counts[when, kind, MET], counts[when, kind, BREACHED]] for when in ("now", "then")}
        for kind in TIMERS
    }
