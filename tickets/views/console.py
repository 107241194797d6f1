"""The agent's pages: the queue, which says what comes next, and the workspace of one ticket."""

import functools

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Subquery, Sum
from django.db.models.functions import JSONObject
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids
from tickets import counts, search, workload
from tickets.forms import QueueFilter, ReplyForm
from tickets.models import Queue, Ticket, TimeEntry
from tickets.proximity.visits import told_visits
from tickets.querysets import queues_of
from tickets.sla import display
from tickets.sla.states import KINDS
from tickets.sla.terms import rulebook
from tickets.thread import conversation
from tickets.views.trail import Trail


def agents_only(view):
    """For everybody else the console is not there."""

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        if not granted_ids(request.user, Municipality, "work_tickets"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@agents_only
@require_safe
def console(request, code=None):
    """All queues of the agent, or one of them."""
    if jump := _ticket_named(request):
        return redirect("tickets:console_ticket", jump.number)
    queues = counts.queues_with_counts(request.user)
    code = code or request.GET.get("queue")
    shown = [queue for queue in queues if code in (None, "", queue.code)]
    if code and not shown:
        raise Http404
    filters = QueueFilter(request.GET, person=request.user)
    trail = Trail.of(request.GET, queue=code or "")
    page = _page(request, filters, shown)
    for ticket in page["tickets"]:
        ticket.trail = trail if filters.words else trail.at(ticket)
    context = {
        "filters": filters,
        "queue": shown[0] if code else None,
        "title": trail.name(queues),
        "nav_groups": nav_groups(request, queues, counts.held_counts(request.user)),
        "total": sum(queue.active for queue in shown),
        **page,
    }
    return render(request, "tickets/console.html", context)


def _ticket_named(request):
    text = request.GET.get("q", "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        return None
    return Ticket.objects.workable_by(request.user).filter(number=int(text)).first()


def _page(request, filters, queues):
    after = workload.Cursor.parse(request.GET.get("after", ""))
    places = [queue.pk for queue in queues]
    if filters.words:
        rows = search.found(filters.words, by=request.user, queues=places, after=after, **filters.as_search())
        place_of = search.place_of
    else:
        wanted = filters.narrow(Ticket.objects.workable_by(request.user))
        rows = workload.next_due(wanted, queues=places, after=after)
        place_of = workload.Cursor.of
    rows = list(display.with_clocks(rows.select_related("municipality", "requester", "assignee", "category")))
    shown = display.put_chips(rows[: workload.PAGE_SIZE], now=timezone.now())
    is_more = len(rows) > workload.PAGE_SIZE
    return {
        "tickets": shown,
        "next": _address(request, after=place_of(shown[-1])) if is_more else "",
        "first": _address(request) if after else "",
        "is_narrowing": filters.is_narrowing,
    }


def _address(request, **more):
    parameters = request.GET.copy()
    parameters.pop("after", None)
    for name, value in more.items():
        parameters[name] = str(value)
    return f"{request.path}?{parameters.urlencode()}" if parameters else request.path


def nav_groups(request, queues, held=None):
    """The views at the left; without the numbers `held` (on a ticket) only their names."""
    is_counted, held = held is not None, held or {}
    everything = reverse("tickets:console")
    mine = [
        _view(request, f"{everything}?assignee=me", _("Assigned to me"), "person", held.get("mine"), key="m"),
        _view(
            request,
            f"{everything}?assignee=me&status=answered",
            _("Answers from users"),
            "reply",
            held.get("answered"),
            is_hot=bool(held.get("answered")),
        ),
    ]
    total = sum(queue.active for queue in queues) if is_counted else None
    unassigned = sum(queue.unassigned for queue in queues) if is_counted else None
    shared = [
        _view(request, everything, _("All my queues"), "view-in-list", total, key="k"),
        _view(request, f"{everything}?assignee=none", _("Not assigned"), "folder-open", unassigned),
    ]
    for queue in queues:
        address = reverse("tickets:queue", args=[queue.code])
        shared.append(_view(request, address, queue.name, queue.icon, queue.active if is_counted else None))
    return [{"title": _("Mine"), "views": mine}, {"title": _("Shared queues"), "views": shared}]


def _view(request, address, text, icon, count, *, key="", is_hot=False):
    is_current = request.get_full_path() == address
    return {
        "address": address,
        "text": text,
        "icon": icon,
        "count": count,
        "key": key,
        "is_hot": is_hot,
        "is_current": is_current,
    }


@agents_only
@require_safe
def neighbour(request, number, *, find):
    """On to the next (or previous) ticket of the view one came from; at its end, back to the view."""
    trail = Trail.of(request.GET)
    queues = Queue.objects.filter(pk__in=queues_of(request.user))
    if trail.queue:
        queues = queues.filter(code=trail.queue)
    wanted = QueueFilter(dict(trail.filters), person=request.user).narrow(Ticket.objects.workable_by(request.user))
    places = queues.values_list("pk", flat=True)
    found = find(wanted.exclude(number=number), queues=places, place=trail.place) if trail.place else None
    if found:
        return redirect(f"{reverse('tickets:console_ticket', args=[found.number])}{trail.at(found)}")
    messages.info(request, _("There are no more tickets in this direction."))
    return redirect(trail.address)


@agents_only
@require_safe
def console_ticket(request, number):
    worked = Ticket.objects.workable_by(request.user)
    open_ones = worked.active().filter(requester=OuterRef("requester")).order_by().values("requester")
    found = worked.annotate(
        open_of_requester=Subquery(open_ones.annotate(n=Count("pk")).values("n")),
        time_by_agent=_time_by_agent(),
        visits_told=told_visits(),
        is_led=Exists(Ticket.objects.led_by(request.user).filter(pk=OuterRef("pk"))),
    ).select_related(
        "municipality", "requester", "site", "assignee", "category", "service", "queue", "vendor", "major_incident"
    )
    ticket = get_object_or_404(display.with_clocks(found, kinds=KINDS), number=number)
    return render(request, "tickets/console_ticket.html", workspace(request, ticket))


def _time_by_agent():
    """The minutes of each agent in the ticket's own row: a page asks little."""
    entries = TimeEntry.objects.filter(ticket=OuterRef("pk"), municipality=OuterRef("municipality"))
    sums = entries.order_by("agent__sort_key").values("agent", "agent__sort_key").annotate(spent=Sum("minutes"))
    return ArraySubquery(sums.values(told=JSONObject(name="agent__name", minutes="spent")))


def _names(ticket, queues):
    """Of teams and of the vendor who has the ticket, by code."""
    vendor = {ticket.vendor.code: ticket.vendor.name} if ticket.vendor else {}
    return {queue.code: queue.name for queue in queues} | vendor


def workspace(request, ticket):
    """What the workspace of one ticket shows."""
    queues = list(Queue.objects.all())
    trail = Trail.of(request.GET) if request.GET else Trail(ticket.queue.code, ())
    now, calendars = timezone.now(), rulebook().calendars
    readings = display.read_all(ticket, now=now, calendars=calendars)
    thread = conversation(ticket, for_agent=True, queues=queues)
    own_queues = [queue for queue in queues if queue.pk in queues_of(request.user)]
    return {
        "ticket": ticket,
        "can_void": ticket.is_led,
        "trail": trail,
        "view_name": trail.name(queues),
        "readings": readings,
        "inner": display.read_inner(ticket, now=now, calendars=calendars, names=_names(ticket, queues)),
        "chip": display.due_first(readings),
        "thread": thread,
        "reply_form": ReplyForm(auto_id="reply-%s", initial={"seen": max(entry.message for entry in thread)}),
        "minutes": sum(entry["minutes"] for entry in ticket.time_by_agent),
        "nav_groups": nav_groups(request, own_queues),
    }
