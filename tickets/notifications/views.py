"""The bell: what happened to the tickets one has to do with, and what one wants to hear about."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids
from tickets.notifications import words
from tickets.notifications.forms import DutyForm, NoticeSettingsForm, kinds_for
from tickets.notifications.models import Duty, Notice, NoticeSettings

PER_PAGE = 30
DUTIES_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request):
    """The own notices, the newest first; sent as a form, all of them are read."""
    own = Notice.objects.of(request.user)
    if request.method == "POST":
        own.unread().update(read_at=timezone.now())
        return redirect("tickets:notices")
    before = request.GET.get("foer", "")
    older = own.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else own
    rows = list(older.select_related("ticket", "proposal", "municipality")[: PER_PAGE + 1])
    for row in rows:
        row.recipient = request.user
        row.headline = words.headline(row)
    context = {
        "rows": rows[:PER_PAGE],
        "next": f"?foer={rows[PER_PAGE - 1].pk}" if len(rows) > PER_PAGE else "",
        "now": timezone.now(),
        "layout": layout_of(request.user),
    }
    return render(request, "tickets/notifications.html", context)


@require_safe
def notice(request, pk):
    """Go to the ticket that a notice tells of; the notice is then read."""
    found = get_object_or_404(Notice.objects.of(request.user).select_related("ticket", "proposal"), pk=pk)
    if found.read_at is None:
        Notice.objects.filter(pk=found.pk).update(read_at=timezone.now())
    return HttpResponseRedirect(words.page_of(found))


def notice_settings(request):
    own = {"municipality_id": request.user.municipality_id, "person": request.user}
    chosen = NoticeSettings.objects.filter(**own).first() or NoticeSettings(**own)
    form = NoticeSettingsForm(
        *([request.POST] if request.method == "POST" else []), chosen=chosen, kinds=kinds_for(request.user)
    )
    if form.is_valid():
        form.save()
        messages.success(request, _("Your choice is saved."))
        return redirect("tickets:notice_settings")
    context = {"form": form, "layout": layout_of(request.user)}
    return render(request, "tickets/notification_settings.html", context, status=422 if form.is_bound else 200)


def duty(request):
    """Who hears when nine tenths of a ticket's time are used."""
    _refuse_others(request.user)
    form = DutyForm(request.POST or None, leader=request.user)
    if form.is_valid():
        period = form.save()
        _record(request.user, "duty_given", period)
        messages.success(request, _("The duty is saved."))
        return redirect("tickets:duty")
    now = timezone.now()
    periods = Duty.objects.filter(ends_at__gt=now).select_related("person")[:DUTIES_SHOWN]
    context = {"form": form, "periods": periods, "now": now}
    return render(request, "tickets/notification_duty.html", context, status=422 if form.is_bound else 200)


@require_POST
def end_duty(request, pk):
    """A duty that runs ends now; one to come is taken away."""
    _refuse_others(request.user)
    now = timezone.now().replace(microsecond=0)
    period = get_object_or_404(Duty.objects.filter(ends_at__gt=now), pk=pk)
    _record(request.user, "duty_ended", period)
    if period.starts_at < now:
        period.ends_at = now
        period.save(update_fields=["ends_at"])
    else:
        period.delete()
    messages.success(request, _("The duty has ended."))
    return redirect("tickets:duty")


def layout_of(person) -> str:
    return "console.html" if granted_ids(person, Municipality, "work_tickets") else "portal.html"


def _refuse_others(person):
    if not granted_ids(person, Municipality, "lead_tickets"):
        raise Http404


def _record(person, action, period):
    AuditEntry.objects.record(
        action, municipality_id=person.municipality_id, actor=person, subject=period.person.name,
        starts_at=period.starts_at.isoformat(), ends_at=period.ends_at.isoformat(),
    )  # fmt: skip
