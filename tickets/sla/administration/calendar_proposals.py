"""A new version of a calendar as a proposal: whom it concerns, which open tickets get another due time, its force.

A running clock's row holds what had elapsed at an instant; from there on the seconds of its calendar count. The new
due time is therefore exact without the ticket's events. Days before the version stay as they are, so a due time before
its first midnight cannot move, and a paused clock has none.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from municipalities.governance.kinds import Effect, Kind, Part, Plain
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from tickets.sla.administration import calendar_changes
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.errors import SlaError
from tickets.sla.instants import to_seconds
from tickets.sla.models import Calendar, CalendarVersion, Clock, Replanning
from tickets.sla.states import EXCLUDED

CALENDAR = "calendar"


def concerned_by(calendar: Calendar) -> list[Municipality]:
    """The one municipality whose closing days it holds, else all of them."""
    members = Municipality.objects.members().filter(left_on=None)
    only = calendar.for_municipality_id
    return list(members.filter(pk=only) if only else members)


def takes_effect(calendar: Calendar, day: date) -> datetime:
    """Midnight of the day where the calendar is read, in UTC. Raises BAD_ZONE."""
    hours = Hours.parse({"timezone": calendar.timezone, "versions": []}, code=calendar.code)
    return datetime.combine(day, time(), hours.zone).astimezone(UTC)


def candidate(calendar: Calendar, change: Plain) -> Hours:
    """The calendar with the proposed version. Raises what the law refuses, NO_OPENING included."""
    plain = calendar.as_dict()
    hours = Hours.parse(plain | {"versions": [*plain["versions"], change]}, code=calendar.code)
    hours.due_second(to_seconds(takes_effect(calendar, date.fromisoformat(change["valid_from"]))), 1)
    return hours


class CalendarKind(Kind):
    code = CALENDAR
    name = pgettext_lazy("kind of proposal", "Calendar")
    propose_permission = "propose_agreements"
    change_template = "tickets/administration/_calendar_change.html"
    effect_template = "tickets/administration/_calendar_effect.html"
    # The plans of running clocks are made anew between the last yes and the first day.
    notice = timedelta(minutes=10)

    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        calendar = Calendar.objects.get(code=subject)
        candidate(calendar, change)
        if takes_effect(calendar, date.fromisoformat(change["valid_from"])) != takes_effect_at:
            raise SlaError("BAD_TIME", reason="date", value=change["valid_from"])

    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        calendar = Calendar.objects.prefetch_related("versions").get(code=subject)
        hours = candidate(calendar, change)
        return {m.code: _part(_running(subject, m), hours, since=takes_effect_at) for m in municipalities}

    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        calendar = Calendar.objects.select_for_update().get(code=proposal.subject)
        version = CalendarVersion(calendar=calendar, **_columns(proposal.change))
        candidate(calendar, proposal.change)
        version.save()
        Replanning.objects.create(version=version, asked_at=at)

    def context(self, proposal: Proposal) -> Plain:
        calendar = Calendar.objects.prefetch_related("versions").get(code=proposal.subject)
        return {"calendar": calendar, "change": calendar_changes.read(calendar, proposal.change)}

    def address(self, subject: str) -> str:
        return reverse("tickets:calendar", args=[subject])


def _columns(change: Plain) -> Plain:
    return {
        "valid_from": date.fromisoformat(change["valid_from"]),
        "weekly": change["weekly"],
        "holidays": [date.fromisoformat(day) for day in change["holidays"]],
        "exceptions": change["exceptions"],
    }


def _running(code: str, municipality: Municipality):
    """The clocks that count in this calendar now and could fall due."""
    clocks = Clock.objects.filter(municipality=municipality, calendar=code, stopped_at=None, breached_at=None)
    return clocks.filter(is_paused=False, target_s__gt=0).exclude(state__in=EXCLUDED).order_by("ticket__number", "id")


def _part(clocks, hours: Hours, *, since: datetime) -> Part:
    later = clocks.filter(Q(due_at=None) | Q(due_at__gt=since)).values(
        "ticket__number", "kind", "subject", "anchor_at", "elapsed_s", "target_s", "due_at"
    )
    rows = [row for row in (_row(clock, hours) for clock in later.iterator()) if row["old"] != row["new"]]
    return Part(_totals(clocks, rows), rows)


def _row(clock: Plain, hours: Hours) -> Plain:
    old, new = clock["due_at"], _due(clock, hours)
    return {
        "number": clock["ticket__number"],
        "clock": clock["kind"],
        "subject": clock["subject"],
        "old": old.isoformat() if old else None,
        "new": new.isoformat() if new else None,
    }


def _due(clock: Plain, hours: Hours) -> datetime | None:
    try:
        return hours.due(clock["anchor_at"], max(clock["target_s"] - clock["elapsed_s"], 0))
    except SlaError as error:
        if error.code != "NO_OPENING":
            raise
        return None  # as the clocks themselves: it is never due


def _totals(clocks, rows: Iterable[Plain]) -> Plain:
    moved = list(rows)
    return {
        "tickets": clocks.values("ticket_id").distinct().count(),
        "moved": len({row["number"] for row in moved}),
        "earlier": len({row["number"] for row in moved if _is_earlier(row)}),
        "later": len({row["number"] for row in moved if not _is_earlier(row)}),
    }


def _is_earlier(row: Plain) -> bool:
    return bool(row["new"]) and (not row["old"] or row["new"] < row["old"])
