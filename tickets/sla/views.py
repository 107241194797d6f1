"""Pages for those who answer for the clocks: one is taken out of the count, one that failed is tried again."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from municipalities.models import Municipality
from servicecenter import time_source
from servicecenter.tenancy.grants import granted_ids
from tickets import lifecycle
from tickets.models import ClockFailure, Event, Occasion, Queue, Ticket, Vendor
from tickets.notifications import telling
from tickets.sla.display import clock_name
from tickets.sla.forms import VoidForm
from tickets.sla.setting_aside import try_again
from tickets.views.console_actions import AgentAction

VOIDS_OF_DAYS = 90
MOST_ROWS = 200


class VoidClock(AgentAction):
    form_class = VoidForm
    title = gettext_lazy("Take a clock out of the count")
    button = gettext_lazy("Take it out of the count")
    lead = gettext_lazy(
        "For a slip of the hand. The clock stays on the ticket with your name and your reason, is counted as taken out "
        "in the reports, and cannot be brought back. It takes somebody who has not worked on the ticket."
    )
    done = gettext_lazy("The clock no longer counts.")

    def tickets(self):
        return Ticket.objects.led_by(self.request.user)

    def perform(self, data):
        lifecycle.void_clock(self.ticket, clock=data["clock"], reason=data["reason"], by=self.request.user)


@require_safe
def clocks(request):
    """Clocks that cannot be fired, notices that cannot be told, and clocks taken out of the count lately."""
    _refuse_others(request.user)
    names = {row.code: row.name for model in (Queue, Vendor) for row in model.objects.all()}
    failures = list(_failures(request.user).select_related("ticket", "municipality")[:MOST_ROWS])
    voids = list(_voids(request.user))
    for row, kind, subject in [(f, f.kind, "") for f in failures] + [(v, v.data["clock"], _subject(v)) for v in voids]:
        row.name = clock_name(kind, names.get(subject, subject))
    untold = _untold(request.user).select_related("ticket", "municipality").order_by("-at")[:MOST_ROWS]
    context = {"failures": failures, "untold": untold, "voids": voids, "days": VOIDS_OF_DAYS}
    return render(request, "tickets/sla/clocks.html", context)


@require_POST
def try_clocks_again(request):
    """The chosen clock, or all that are set aside."""
    _refuse_others(request.user)
    wanted = _failures(request.user)
    if chosen := request.POST.get("failure", ""):
        wanted = wanted.filter(pk=int(chosen)) if chosen.isascii() and chosen.isdecimal() else wanted.none()
    wanted = list(wanted.select_related("ticket"))
    if not wanted:
        raise Http404
    for failure in wanted:
        try_again(failure, by=request.user, at=time_source.now().replace(microsecond=0))
    done = ngettext("%(count)s clock is tried again now.", "%(count)s clocks are tried again now.", len(wanted))
    messages.success(request, done % {"count": len(wanted)})
    return redirect(reverse("tickets:clocks"))


@require_POST
def tell_again(request):
    """The chosen notice, or all that are set aside."""
    _refuse_others(request.user)
    wanted = _untold(request.user)
    if chosen := request.POST.get("occasion", ""):
        wanted = wanted.filter(pk=int(chosen)) if chosen.isascii() and chosen.isdecimal() else wanted.none()
    count = telling.tell_again(
        Occasion.objects.filter(pk__in=wanted.values("pk")),
        by=request.user,
        at=time_source.now().replace(microsecond=0),
    )
    if not count:
        raise Http404
    done = ngettext("%(count)s notice is told again now.", "%(count)s notices are told again now.", count)
    messages.success(request, done % {"count": count})
    return redirect(reverse("tickets:clocks"))


def _refuse_others(person):
    if not (granted_ids(person, Municipality, "lead_tickets") or granted_ids(person, Municipality, "manage_settings")):
        raise Http404


def _failures(person):
    """Set aside, of the tickets that a lead answers for, and of an administrator's municipalities."""
    of_lead = ClockFailure.objects.filter(ticket__in=Ticket.objects.led_by(person))
    return (of_lead | ClockFailure.objects.granted(person, "manage_settings")).filter(is_set_aside=True)


def _untold(person):
    """Set aside, of the same tickets."""
    of_lead = Occasion.objects.filter(ticket__in=Ticket.objects.led_by(person))
    return (of_lead | Occasion.objects.granted(person, "manage_settings")).set_aside()


def _voids(person):
    since = time_source.now() - timedelta(days=VOIDS_OF_DAYS)
    found = Event.objects.filter(kind="void", at__gte=since, ticket__in=Ticket.objects.led_by(person))
    return found.select_related("ticket", "municipality", "actor").order_by("-at")[:MOST_ROWS]


def _subject(event):
    return event.data.get("subject", "")
