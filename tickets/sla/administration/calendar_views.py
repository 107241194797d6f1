"""Calendars: the list, one of them drawn for twelve months, and a new version with its effect before it is proposed."""

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from municipalities.governance.access import takes_part
from servicecenter.audit.models import AuditEntry
from tickets.sla.administration import calendar_changes, proposing
from tickets.sla.administration.calendar_forms import CalendarForm, CalendarVersionForm
from tickets.sla.administration.calendar_proposals import CALENDAR, concerned_by, takes_effect
from tickets.sla.administration.twelve_months import twelve_months
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.models import Calendar, CalendarVersion

CALENDARS = Calendar.objects.select_related("for_municipality").prefetch_related(
    Prefetch("versions", CalendarVersion.objects.order_by("valid_from"))
)


@takes_part
@require_safe
def list_calendars(request):
    today = timezone.localdate()
    calendars = CALENDARS.order_by("for_municipality__code", "name")
    rows = [(calendar, calendar_changes.version_before(calendar, _tomorrow(today))) for calendar in calendars]
    context = {"rows": rows, "may_make": proposing.proposable(request.user).exists(), "today": today}
    return render(request, "tickets/administration/calendars.html", context)


@takes_part
@require_safe
def show_calendar(request, code):
    calendar, now = get_object_or_404(CALENDARS, code=code), timezone.now()
    today = timezone.localdate(now)
    hours = Hours.parse(calendar.as_dict(), code=calendar.code)
    context = {
        "calendar": calendar,
        "months": twelve_months(hours, start=today, language=get_language() or "da"),
        "versions": [(version, version.valid_from > today) for version in reversed(calendar.versions.all())],
        "current": calendar_changes.version_before(calendar, _tomorrow(today)),
        "waiting": proposing.waiting(CALENDAR, code, at=now),
        "may_propose": proposing.may_propose(request.user, concerned_by(calendar)),
        "today": today,
    }
    return render(request, "tickets/administration/calendar.html", context)


@takes_part
def new_calendar(request):
    """A name to hang versions on; it counts nowhere until a version is adopted and an agreement names it."""
    managed = proposing.proposable(request.user)
    if not managed.exists():
        raise Http404
    form = CalendarForm(request.POST or None, municipalities=managed)
    if form.is_valid():
        calendar = Calendar.objects.create(**form.cleaned_data)
        AuditEntry.objects.record(
            "calendar_added", municipality_id=request.user.municipality_id, actor=request.user, subject=calendar.code
        )
        return redirect("tickets:calendar_version", calendar.code)
    return render(
        request, "tickets/administration/calendar_new.html", {"form": form}, status=422 if form.is_bound else 200
    )


@takes_part
def new_version(request, code):
    """First the effect, then the proposal: the form is sent twice, and nothing is stored before the second time."""
    calendar = get_object_or_404(CALENDARS, code=code)
    if not proposing.may_propose(request.user, concerned_by(calendar)):
        raise Http404
    today = timezone.localdate()
    base = calendar_changes.version_before(calendar, _tomorrow(today))
    form = CalendarVersionForm(request.POST or None, calendar=calendar, base=base, today=today)
    context = {"calendar": calendar, "form": form}
    if form.is_valid():
        change, day = form.change(), form.cleaned_data["valid_from"]
        what = {
            "change": change,
            "takes_effect_at": takes_effect(calendar, day),
            "municipalities": concerned_by(calendar),
        }
        if "propose" in request.POST:
            reason = form.cleaned_data["reason"]
            return proposing.send(request, CALENDAR, subject=code, title=calendar.name, reason=reason, what=what)
        context |= {
            "effect": proposing.effect_of(CALENDAR, code, what),
            "change": calendar_changes.read(calendar, change),
        }
    status = 422 if form.is_bound and "effect" not in context else 200
    return render(request, "tickets/administration/calendar_version.html", context, status=status)


def _tomorrow(today):
    return today.fromordinal(today.toordinal() + 1)
