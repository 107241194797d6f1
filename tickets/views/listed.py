"""The director's list: numbers, clocks and dates of the municipality's tickets, and not a word of what was written."""

from django import forms
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids
from tickets import workload
from tickets.models import Service, Ticket
from tickets.search import place_of
from tickets.sla import display
from tickets.status import ACTIVE, ENDED

# Nothing else leaves the database: no subject, description, solution or name.
SHOWN = (
    "number", "status", "priority", "received_at", "resolved_at", "service__name", "municipality__name",
    "municipality__colour",
)  # fmt: skip


class ListFilter(forms.Form):
    """Read from the address; a value that makes no sense filters nothing."""

    state = forms.ChoiceField(
        required=False,
        label=_("Tickets"),
        choices=[
            ("", pgettext_lazy("tickets", "All")),
            ("open", pgettext_lazy("tickets", "Open")),
            ("ended", pgettext_lazy("tickets", "Ended")),
        ],
    )
    priority = forms.TypedChoiceField(
        required=False,
        label=_("Priority"),
        coerce=int,
        empty_value=None,
        choices=[("", _("All priorities")), *((str(n), f"P{n}") for n in range(1, 6))],
    )
    service = forms.ModelChoiceField(
        Service.objects.all(), required=False, to_field_name="code", label=_("Service"), empty_label=_("All services")
    )

    def narrow(self, tickets):
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("state"):
            tickets = tickets.filter(status__in=ACTIVE if wanted["state"] == "open" else ENDED)
        if wanted.get("priority"):
            tickets = tickets.filter(priority=wanted["priority"])
        return tickets.filter(service=wanted["service"]) if wanted.get("service") else tickets


@require_safe
def listed(request):
    places = granted_ids(request.user, Municipality, "read_totals")
    if not places:
        raise Http404
    filters = ListFilter(request.GET)
    after = workload.Cursor.parse(request.GET.get("after", ""))
    tickets = filters.narrow(Ticket.objects.listed_for(request.user))
    if after:
        tickets = tickets.filter(after.rows_below())
    rows = display.with_clocks(tickets.select_related("service", "municipality").only(*SHOWN))
    rows = list(rows.order_by("-received_at", "-pk")[: workload.PAGE_SIZE + 1])
    shown = rows[: workload.PAGE_SIZE]
    now = timezone.now()
    for ticket in shown:
        ticket.readings = {reading.kind: reading for reading in display.read_all(ticket, now=now)}
    context = {
        "filters": filters, "tickets": shown, "names_municipality": len(places) > 1, "first": bool(after),
        "next": str(place_of(shown[-1])) if len(rows) > len(shown) else "", "query": _query(request),
    }  # fmt: skip
    return render(request, "tickets/listed.html", context)


def _query(request):
    parameters = request.GET.copy()
    parameters.pop("after", None)
    return parameters.urlencode()
