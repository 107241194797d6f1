"""A ticket's major incident: linked, opened or left on the agent's page of the ticket; ended on its own page."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids
from tickets.incidents import linking
from tickets.incidents.forms import NEW, NONE, IncidentForm
from tickets.incidents.models import MajorIncident
from tickets.models import Ticket
from tickets.views.console_actions import AgentAction

MOST_TICKETS = 200


class LinkIncident(AgentAction):
    form_class = IncidentForm
    title, button = gettext_lazy("Link to a major incident"), gettext_lazy("Save")
    lead = gettext_lazy(
        "One cause, many tickets. When service is compared, a major incident counts once in each municipality. The "
        "deadlines of the ticket do not change."
    )
    done = gettext_lazy("Saved.")

    def perform(self, data):
        by, chosen = self.request.user, data["incident"]
        if chosen == NEW:
            linking.open_incident(self.ticket, title=data["title"].strip(), by=by)
        else:
            incident = None if chosen == NONE else MajorIncident.objects.get(pk=chosen)
            linking.link(self.ticket, incident=incident, by=by)


@require_safe
def incident(request, pk):
    """One major incident with the linked tickets that the reader works; how many there are in all is not told."""
    _refuse_others(request.user)
    found = get_object_or_404(MajorIncident.objects.select_related("opened_by"), pk=pk)
    linked = Ticket.objects.workable_by(request.user).filter(major_incident=found)
    rows = linked.select_related("municipality").order_by("received_at", "pk")[:MOST_TICKETS]
    return render(request, "tickets/incident.html", {"incident": found, "rows": rows})


@require_POST
def end_incident(request, pk):
    _refuse_others(request.user)
    linking.end_incident(get_object_or_404(MajorIncident, pk=pk), by=request.user)
    messages.success(request, _("The major incident has ended."))
    return redirect("tickets:incident", pk)


def _refuse_others(person):
    if not granted_ids(person, Municipality, "work_tickets"):
        raise Http404
