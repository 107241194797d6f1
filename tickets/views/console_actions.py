"""The agent's verbs, each at its own address."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tickets import attachments, lifecycle
from tickets.forms import (
    AssignForm,
    CancelForm,
    MergeForm,
    MoveForm,
    NoteForm,
    PriorityForm,
    ReplyForm,
    ResolveForm,
    TicketForm,
    TimeForm,
    WaitForm,
)
from tickets.models import Queue, Ticket
from tickets.querysets import queues_of
from tickets.status import Status
from tickets.views.actions import TicketAction
from tickets.views.console import nav_groups
from tickets.views.trail import Trail


class AgentAction(TicketAction):
    template_name = "tickets/console_action.html"
    form_class = TicketForm

    def surroundings(self):
        queues = Queue.objects.filter(pk__in=queues_of(self.request.user))
        return {"nav_groups": nav_groups(self.request, list(queues)), "trail": self.trail()}

    def trail(self):
        return Trail.of(self.request.GET)

    def tickets(self):
        return Ticket.objects.workable_by(self.request.user)

    def make_form(self, *data):
        return self.form_class(*data, ticket=self.ticket, person=self.request.user)

    def back(self):
        return f"{reverse('tickets:console_ticket', args=[self.ticket.number])}{self.trail()}"

    def next_page(self):
        """The ticket, or the view one came from when it now lies where the agent does not work."""
        is_still_here = self.tickets().filter(pk=self.ticket.pk).exists()
        return self.back() if is_still_here else self.trail().address

    def register(self, minutes):
        if minutes:
            lifecycle.register_time(self.ticket, by=self.request.user, minutes=minutes)


class Take(AgentAction):
    title, button = _("Take the ticket"), _("Take the ticket")
    done = _("The ticket is yours.")

    def perform(self, data):
        lifecycle.take(self.ticket, by=self.request.user)


class Assign(AgentAction):
    form_class = AssignForm
    title, button = _("Assign the ticket"), _("Assign")
    done = _("The ticket has a new assignee.")

    def perform(self, data):
        lifecycle.assign(self.ticket, to=data["to"], by=self.request.user)


class Move(AgentAction):
    form_class = MoveForm
    title, button = _("Move the ticket to another queue"), _("Move")
    done = _("The ticket is moved.")

    def perform(self, data):
        lifecycle.move(self.ticket, queue=data["queue"], by=self.request.user)


class Priority(AgentAction):
    form_class = PriorityForm
    title, button = _("Change the priority"), _("Change the priority")
    done = _("The priority is changed.")

    def perform(self, data):
        lifecycle.set_priority(self.ticket, priority=data["priority"], reason=data["reason"], by=self.request.user)


class Wait(AgentAction):
    form_class = WaitForm
    title, button = _("Let the ticket wait"), _("Let it wait")
    done = _("The ticket waits.")

    def perform(self, data):
        verb, extra = {
            Status.WAITING_REQUESTER: (lifecycle.wait_for_requester, {}),
            Status.WAITING_PLANNED: (lifecycle.wait_for_planned, {"planned_at": data["planned_at"]}),
            Status.WAITING_VENDOR: (lifecycle.wait_for_vendor, {"vendor": data["vendor"]}),
            Status.WAITING_THIRD_PARTY: (lifecycle.wait_for_third_party, {}),
        }[data["status"]]
        verb(self.ticket, by=self.request.user, **extra)


class Resume(AgentAction):
    title, button = _("Go on with the ticket"), _("Go on")
    done = _("The ticket is in progress again.")

    def perform(self, data):
        lifecycle.resume(self.ticket, by=self.request.user)


class Reply(AgentAction):
    form_class = ReplyForm
    title, button = _("Reply to user"), _("Send")
    done = _("The reply is sent.")

    def perform(self, data):
        agent = self.request.user
        message = lifecycle.reply(self.ticket, by=agent, body=data["body"], and_wait=data["and_wait"])
        attachments.store(self.ticket, data["files"], by=agent, message=message, at=message.at)
        self.register(data["minutes"])


class Note(AgentAction):
    form_class = NoteForm
    title, button = _("Internal note"), _("Save the note")
    done = _("The note is saved.")

    def perform(self, data):
        message = lifecycle.note(self.ticket, by=self.request.user, body=data["body"])
        attachments.store(self.ticket, data["files"], by=self.request.user, message=message, at=message.at)
        self.register(data["minutes"])


class Resolve(AgentAction):
    form_class = ResolveForm
    title, button = _("Solve the ticket"), _("Solve the ticket")
    done = _("The ticket is solved.")

    def perform(self, data):
        lifecycle.resolve(self.ticket, by=self.request.user, solution=data["solution"])
        self.register(data["minutes"])


class Cancel(AgentAction):
    form_class = CancelForm
    title, button = _("Cancel the ticket"), _("Cancel the ticket")
    lead = _("A cancelled ticket cannot be reopened.")
    done = _("The ticket is cancelled.")

    def perform(self, data):
        lifecycle.cancel(self.ticket, by=self.request.user, reason=data["reason"])


class Merge(AgentAction):
    form_class = MergeForm
    title, button = _("Merge with another ticket"), _("Merge the tickets")
    lead = _("The ticket that was received first goes on. The other ends, and its deadlines are no longer counted.")
    done = _("The tickets are merged.")

    def perform(self, data):
        self.kept = lifecycle.merge(self.ticket, other=data["number"], by=self.request.user)

    def next_page(self):
        return reverse("tickets:console_ticket", args=[self.kept.number])


class RegisterTime(AgentAction):
    form_class = TimeForm
    title, button = _("Register time"), _("Register")
    lead = _("The minutes count in the key “registered time” of the municipality.")
    done = _("The time is registered.")

    def perform(self, data):
        lifecycle.register_time(self.ticket, by=self.request.user, minutes=data["minutes"], day=data["day"])
