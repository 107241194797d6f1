"""Why is the ticket delayed? For who works the ticket, and for whose it is."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from servicecenter import time_source
from tickets.levels import delay
from tickets.models import Queue, Ticket
from tickets.querysets import queues_of
from tickets.sla import display
from tickets.views.console import agents_only, nav_groups


@require_safe
def of_own_ticket(request, number):
    return render(request, "tickets/levels/delay_portal.html", _explained(request, number, for_agent=False))


@agents_only
@require_safe
def of_worked_ticket(request, number):
    context = _explained(request, number, for_agent=True)
    queues = Queue.objects.filter(pk__in=queues_of(request.user))
    return render(
        request, "tickets/levels/delay_console.html", context | {"nav_groups": nav_groups(request, list(queues))}
    )


def _explained(request, number, *, for_agent):
    reader = request.user
    found = Ticket.objects.workable_by(reader) if for_agent else Ticket.objects.owned_by(reader)
    ticket = get_object_or_404(display.with_clocks(found.select_related("municipality", "requester")), number=number)
    now = time_source.now()
    return {
        "ticket": ticket,
        "delay": delay.explain(ticket, now=now, for_agent=for_agent),
        "readings": display.read_all(ticket, now=now),
    }
