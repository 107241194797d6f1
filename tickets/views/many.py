"""The agent's verbs on the tickets selected in a queue: the form (where the verb needs one), then each ticket."""

from abc import ABC, abstractmethod

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids
from tickets import lifecycle, many
from tickets.forms import AssignForm, MoveForm, PriorityForm, TicketForm, agents_for, text_field
from tickets.models import Queue, Ticket
from tickets.querysets import queues_of
from tickets.views.console import nav_groups

AT_MOST = 200


class ManyAction(View, ABC):
    form_class: type[forms.Form] = TicketForm
    title = gettext_lazy("Tickets")
    button = gettext_lazy("Save")

    def dispatch(self, request, *args, **kwargs):
        if not granted_ids(request.user, Municipality, "work_tickets"):
            raise Http404
        self.numbers = self._numbers(request.POST or request.GET)
        worked = Ticket.objects.workable_by(request.user).filter(number__in=self.numbers)
        self.tickets = list(worked.select_related("municipality", "queue").order_by("next_due_at", "pk"))
        if not self.tickets:
            messages.warning(request, _("Select at least one ticket first."))
            return HttpResponseRedirect(self.back())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.answer(self.make_form())

    def post(self, request):
        """The queue sends the selection alone; the form says `go`."""
        if "go" not in request.POST:
            return self.answer(self.make_form())
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.answer(form, status=422)
        self.tell(many.each(self.tickets, lambda ticket: self.perform(ticket, form.cleaned_data)))
        return HttpResponseRedirect(self.back())

    def answer(self, form, status=200):
        queues = list(Queue.objects.filter(pk__in=queues_of(self.request.user)))
        context = {
            "tickets": self.tickets, "form": form, "action": self, "back": self.back(),
            "nav_groups": nav_groups(self.request, queues),
        }  # fmt: skip
        return render(self.request, "tickets/console_many.html", context, status=status)

    def tell(self, outcome):
        if outcome.done:
            messages.success(self.request, self.told(len(outcome.done)))
        reasons: dict = {}
        for ticket, reason in outcome.refused:
            reasons.setdefault(reason, []).append(str(ticket.number))
        for reason, numbers in reasons.items():
            messages.warning(self.request, _("Not changed: %(numbers)s. %(reason)s") % {
                "numbers": ", ".join(numbers), "reason": reason,
            })  # fmt: skip
        missing = sorted(self.numbers - {ticket.number for ticket in self.tickets})
        if missing:
            words = {"numbers": ", ".join(map(str, missing))}
            messages.warning(
                self.request, _("Not changed: %(numbers)s. You do not work these tickets any more.") % words
            )

    def back(self):
        """The view in which the tickets were selected."""
        view = (self.request.POST or self.request.GET).get("view", "")
        is_ours = view.startswith("/") and url_has_allowed_host_and_scheme(view, allowed_hosts=None)
        return view if is_ours else reverse("tickets:console")

    def make_form(self, *data):
        return self.form_class(*data, person=self.request.user)

    @abstractmethod
    def perform(self, ticket, data):
        """The verb, on one ticket."""

    @abstractmethod
    def told(self, number: int) -> str:
        """What was done to so many tickets, in the reader's language."""

    def _numbers(self, parameters):
        texts = parameters.getlist("ticket")[:AT_MOST]
        return {int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 16}


class Take(ManyAction):
    title = button = gettext_lazy("Take the tickets")

    def perform(self, ticket, data):
        lifecycle.take(ticket, by=self.request.user)

    def told(self, number):
        return ngettext("%(number)s ticket is yours.", "%(number)s tickets are yours.", number) % {"number": number}


class AssignMany(AssignForm):
    """Offers only who may work all of the tickets, and first of all oneself."""

    def __init__(self, *args, tickets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = agents_for(tickets)
        self.initial["to"] = self.person.pk


class Assign(ManyAction):
    title, button = gettext_lazy("Assign the tickets"), gettext_lazy("Assign")

    def make_form(self, *data):
        return AssignMany(*data, person=self.request.user, tickets=self.tickets)

    def perform(self, ticket, data):
        lifecycle.assign(ticket, to=data["to"], by=self.request.user)

    def told(self, number):
        words = ngettext("%(number)s ticket has a new assignee.", "%(number)s tickets have a new assignee.", number)
        return words % {"number": number}


class Move(ManyAction):
    form_class = MoveForm
    title, button = gettext_lazy("Move the tickets to another queue"), gettext_lazy("Move")

    def perform(self, ticket, data):
        lifecycle.move(ticket, queue=data["queue"], by=self.request.user)

    def told(self, number):
        return ngettext("%(number)s ticket is moved.", "%(number)s tickets are moved.", number) % {"number": number}


class Priority(ManyAction):
    form_class = PriorityForm
    title = button = gettext_lazy("Change the priority")

    def perform(self, ticket, data):
        lifecycle.set_priority(ticket, priority=data["priority"], reason=data["reason"], by=self.request.user)

    def told(self, number):
        words = ngettext("%(number)s ticket has the new priority.", "%(number)s tickets have the new priority.", number)
        return words % {"number": number}


class NoteMany(TicketForm):
    body = text_field(gettext_lazy("Internal note. Seen by IT only"))


class Note(ManyAction):
    form_class = NoteMany
    title, button = gettext_lazy("Write a note on the tickets"), gettext_lazy("Save the note")

    def perform(self, ticket, data):
        lifecycle.note(ticket, by=self.request.user, body=data["body"])

    def told(self, number):
        return ngettext("%(number)s ticket has the note.", "%(number)s tickets have the note.", number) % {
            "number": number
        }
