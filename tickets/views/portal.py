"""What an employee sees: search first, then the own tickets."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from servicecenter.ui.formats import instant
from tickets import attachments, lifecycle, search
from tickets.forms import AnswerForm, FilesForm, NewTicketForm, ReopenForm
from tickets.models import Category, Message, Ticket
from tickets.sla import display
from tickets.status import Status
from tickets.thread import conversation
from tickets.views.actions import TicketAction

OWN_ON_FRONT_PAGE = 5
TILES_ON_FRONT_PAGE = 12
PER_PAGE = 25


@require_safe
def home(request):
    text = request.GET.get("q", "").strip()[:200]
    own = _cards(Ticket.objects.visible_to(request.user).active())[:OWN_ON_FRONT_PAGE]
    context = {
        "text": text,
        "found": _categories(text) if text else [],
        "found_tickets": display.put_chips(_found(text, request.user), now=timezone.now()),
        "categories": _categories("")[:TILES_ON_FRONT_PAGE],
        "tickets": display.put_chips(own, now=timezone.now()),
    }
    return render(request, "tickets/home.html", context)


def _found(text, person):
    return list(_cards(search.found_by_requester(text, by=person))[:OWN_ON_FRONT_PAGE]) if text else []


def _categories(text):
    """Categories that hold every word somewhere; a category without tickets to come is none."""
    categories = Category.objects.select_related("queue").order_by("name")
    for word in text.split()[:8]:
        categories = categories.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return categories


def _cards(tickets):
    """Tickets with what their cards show: the clocks, and the desk's last question."""
    said = Message.objects.filter(ticket=OuterRef("pk"), kind=Message.Kind.PUBLIC_REPLY).order_by("-at", "-pk")
    cards = tickets.select_related("assignee", "category").order_by("-received_at", "-pk")
    return display.with_clocks(cards.annotate(last_reply=Subquery(said.values("body")[:1])))


@require_safe
def mine(request):
    shows_ended = request.GET.get("vis") == "afsluttede"
    tickets = Ticket.objects.visible_to(request.user)
    tickets = tickets.ended() if shows_ended else tickets.active()
    page = Paginator(_cards(tickets), PER_PAGE).get_page(request.GET.get("side"))
    display.put_chips(page.object_list, now=timezone.now())
    return render(request, "tickets/ticket_list.html", {"page": page, "shows_ended": shows_ended})


def file(request):
    lifecycle.check_may_file(request.user)
    text = request.GET.get("tekst", "").strip()
    initial = {"category": request.GET.get("kategori"), "subject": text[:200], "description": text}
    form = NewTicketForm(request.POST or None, request.FILES or None, person=request.user, initial=initial)
    if form.is_valid():
        ticket = _file(request.user, **form.cleaned_data)
        messages.success(request, _thanks(ticket))
        return redirect(ticket)
    return render(request, "tickets/ticket_form.html", {"form": form}, status=422 if form.is_bound else 200)


@transaction.atomic
def _file(person, *, files, phone, **fields):
    ticket = lifecycle.file(requester=person, **fields)
    attachments.store(ticket, files, by=person, at=ticket.received_at)
    if phone and phone != person.phone:
        person.phone = phone
        person.save(update_fields=["phone"])
    return ticket


def _thanks(ticket):
    clock = ticket.clocks.filter(kind="first_response").first()
    if clock is None or clock.due_at is None:
        return _("Thank you. Your ticket is %(number)s.") % {"number": ticket.number}
    due = instant(clock.due_at, now=timezone.now())
    return _("Thank you. Your ticket is %(number)s. You hear from us by %(due)s.") % {
        "number": ticket.number,
        "due": due,
    }


@require_safe
def ticket(request, number):
    found = Ticket.objects.visible_to(request.user).select_related(
        "municipality", "requester", "assignee", "category", "service", "site"
    )
    ticket = get_object_or_404(display.with_clocks(found), number=number)
    now = timezone.now()
    context = {
        "now": now,
        "ticket": ticket,
        "readings": display.read_all(ticket, now=now),
        "thread": list(reversed(conversation(ticket, for_agent=False))),
        "is_own": request.user.pk in (ticket.requester_id, ticket.on_behalf_of_id),
        "answer_form": AnswerForm(),
    }
    context["question"] = next((entry for entry in context["thread"] if entry.is_from_desk), None)
    context["solution_due_at"] = next((r.due_at for r in context["readings"] if r.kind == "resolution"), None)
    context["can_reopen"] = ticket.status in (Status.RESOLVED, Status.CLOSED)
    context["steps"] = steps(ticket)
    return render(request, "tickets/ticket.html", context)


def steps(ticket):
    """The four steps of progress: received, in progress, waiting, solved. Each is done, now, asks or ahead."""
    if ticket.is_ended:
        return ("done", "done", "done", "done")
    if ticket.status == Status.WAITING_REQUESTER:
        return ("done", "done", "asks", "")
    if ticket.is_waiting:
        return ("done", "done", "now", "")
    return ("now", "", "", "") if ticket.status == Status.NEW else ("done", "now", "", "")


@require_safe
def attachment(request, token):
    return attachments.response(get_object_or_404(attachments.readable_by(request.user), token=token))


class OwnTicketAction(TicketAction):
    """What a requester does with the own ticket; a colleague who may read it may not."""

    template_name = "tickets/portal_action.html"

    def tickets(self):
        return Ticket.objects.owned_by(self.request.user)


class Answer(OwnTicketAction):
    form_class = AnswerForm
    title, button = gettext_lazy("Answer"), gettext_lazy("Send answer")
    done = gettext_lazy("Your answer is sent.")

    def perform(self, data):
        message = lifecycle.answer(self.ticket, by=self.request.user, body=data["body"])
        attachments.store(self.ticket, data["files"], by=self.request.user, message=message, at=message.at)


class AddFiles(OwnTicketAction):
    form_class = FilesForm
    title, button = gettext_lazy("Add a file"), gettext_lazy("Add")
    done = gettext_lazy("The file is added to the ticket.")

    def perform(self, data):
        lifecycle.add_files(self.ticket, data["files"], by=self.request.user)


class Close(OwnTicketAction):
    title, button = gettext_lazy("Does it work again?"), gettext_lazy("It works again, close it")
    lead = gettext_lazy("We stop working on the ticket. You can reopen it, if the fault comes back.")
    done = gettext_lazy("The ticket is closed. Thank you for telling us.")

    def perform(self, data):
        lifecycle.close(self.ticket, by=self.request.user)


class Reopen(OwnTicketAction):
    form_class = ReopenForm
    title, button = gettext_lazy("It still does not work"), gettext_lazy("Reopen the ticket")
    done = gettext_lazy("The ticket is open again, and we go on with it.")

    def perform(self, data):
        lifecycle.reopen(self.ticket, by=self.request.user, body=data["body"])
