"""What people of the desk type. Every choice offers only what the person may use."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.models import Municipality, Person, Site
from servicecenter.tenancy.grants import granted_ids, holder_ids
from tickets import attachments
from tickets.models import Category, Queue, Ticket, Vendor
from tickets.status import ACTIVE, Status

MOST_FILES = 10
BODY_LENGTH = 20000
NO_CPR = _(
    "Do not write civil registration numbers here. IT staff of the shared centre read the ticket. "
    "We can almost always help without."
)


class FileInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked by content; every refused one is named."""

    widget = FileInput

    def clean(self, data, initial=None):
        uploads = data if isinstance(data, list | tuple) else [data] if data else []
        if len(uploads) > MOST_FILES:
            raise forms.ValidationError(_("Send at most %(most)s files at a time."), params={"most": MOST_FILES})
        errors, cleaned = [], []
        for upload in uploads:
            try:
                cleaned.append(super().clean(upload, initial))
                attachments.check(upload)
            except forms.ValidationError as error:
                errors.append(error)
        if errors:
            raise forms.ValidationError(errors)
        return cleaned


def files_field():
    return FilesField(
        required=False, label=_("Picture or file"), help_text=_("Drag files here, or paste a screenshot with Ctrl+V.")
    )


def text_field(label, rows=4, missing=None, **fields):
    return forms.CharField(
        label=label,
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing or _("Write a text first.")},
        **fields,
    )


class NewTicketForm(forms.Form):
    category = forms.ModelChoiceField(
        Category.objects.all(),
        to_field_name="code",
        label=_("What is it about?"),
        empty_label=_("Choose a subject"),
        error_messages={"required": _("Choose what it is about.")},
    )
    subject = forms.CharField(
        label=_("Say it in one line"),
        max_length=200,
        error_messages={"required": _("Say in one line what it is about.")},
    )
    description = text_field(_("What happens?"), rows=6, missing=_("Tell us what happens."), help_text=NO_CPR)
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"), coerce=int, choices=reversed(Ticket.Impact.choices), widget=forms.RadioSelect
    )
    urgency = forms.TypedChoiceField(
        label=_("How does it affect the work?"),
        coerce=int,
        choices=reversed(Ticket.Urgency.choices),
        widget=forms.RadioSelect,
    )
    site = forms.ModelChoiceField(
        Site.objects.none(), required=False, label=_("Where are you?"), empty_label=_("Somewhere else")
    )
    phone = forms.CharField(label=_("Where can we call you?"), max_length=20, required=False)
    files = files_field()

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = Site.objects.filter(municipality_id=person.municipality_id)
        known = {
            "site": person.site_id,
            "phone": person.phone,
            "impact": Ticket.Impact.PERSON,
            "urgency": Ticket.Urgency.HAMPERED,
        }
        self.initial = known | self.initial


class AnswerForm(forms.Form):
    body = text_field(_("Your answer"))
    files = files_field()


class FilesForm(forms.Form):
    files = files_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["files"].required = True

    def clean_files(self):
        if not self.cleaned_data["files"]:
            raise forms.ValidationError(_("Choose a file first."))
        return self.cleaned_data["files"]


class ReopenForm(forms.Form):
    body = text_field(_("What still does not work?"))


# The agent's forms --------------------------------------------------------------------------------


class TicketForm(forms.Form):
    """A form about one ticket, filled in by one agent."""

    def __init__(self, *args, ticket=None, person=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.ticket, self.person = ticket, person
        if ticket is not None:
            self.offer()

    def offer(self):
        """Set the choices that depend on the ticket."""


class ReplyForm(TicketForm):
    body = text_field(_("Reply to user"))
    files = files_field()
    minutes = forms.IntegerField(label=_("Minutes worked"), min_value=1, max_value=1440, required=False)
    and_wait = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self):
        """Stop when somebody wrote meanwhile; sent again, it goes."""
        data = super().clean()
        latest = self.ticket.messages.select_related("author").order_by("pk").last() if self.ticket else None
        if data.get("seen") is not None and latest and latest.pk > data["seen"] and latest.author != self.person:
            self.data = self.data.copy()
            self.data["seen"] = str(latest.pk)
            raise forms.ValidationError(
                _("%(name)s wrote while you were writing. Read it first, then send."), params={"name": latest.author}
            )
        return data


class NoteForm(TicketForm):
    body = text_field(_("Internal note. Seen by IT only"))
    files = files_field()
    minutes = forms.IntegerField(label=_("Minutes worked"), min_value=1, max_value=1440, required=False)


class AssignForm(TicketForm):
    to = forms.ModelChoiceField(Person.objects.none(), required=False, label=_("Assign to"), empty_label=_("Nobody"))

    def offer(self):
        self.fields["to"].queryset = agents_for([self.ticket])
        self.initial.setdefault("to", self.ticket.assignee_id)


def agents_for(tickets):
    """Who may work all of these tickets: granted each municipality and each queue."""
    agents = Person.objects.active().order_by("sort_key", "pk")
    for municipality in {ticket.municipality for ticket in tickets}:
        agents = agents.filter(pk__in=holder_ids(municipality, "work_tickets"))
    for queue in {ticket.queue for ticket in tickets}:
        agents = agents.filter(pk__in=holder_ids(queue, "work_queue"))
    return agents


class MoveForm(TicketForm):
    queue = forms.ModelChoiceField(Queue.objects.all(), label=_("Move to the queue"), empty_label=None)

    def offer(self):
        self.initial.setdefault("queue", self.ticket.queue_id)


class MergeForm(TicketForm):
    number = forms.IntegerField(
        label=_("The number of the other ticket"), error_messages={"required": _("Write the number.")}
    )

    def clean_number(self):
        """The other ticket itself: open, of the same municipality, and one that the agent works."""
        found = Ticket.objects.workable_by(self.person).active().exclude(pk=self.ticket.pk)
        other = found.filter(municipality=self.ticket.municipality_id, number=self.cleaned_data["number"]).first()
        if other is None:
            raise forms.ValidationError(_("You work on no open ticket of this municipality with that number."))
        return other


class PriorityForm(TicketForm):
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=[
            (1, pgettext_lazy("priority", "P1 critical")),
            (2, pgettext_lazy("priority", "P2 high")),
            (3, pgettext_lazy("priority", "P3 normal")),
            (4, pgettext_lazy("priority", "P4 low")),
            (5, pgettext_lazy("priority", "P5 can wait")),
        ],
    )
    reason = forms.CharField(label=_("Why?"), max_length=200, error_messages={"required": _("Say why.")})

    def offer(self):
        self.initial.setdefault("priority", self.ticket.priority)


class WaitForm(TicketForm):
    status = forms.ChoiceField(
        label=_("What does the ticket wait for?"),
        widget=forms.RadioSelect,
        choices=[
            (Status.WAITING_REQUESTER, _("An answer from the user")),
            (Status.WAITING_PLANNED, _("A time agreed with the user")),
            (Status.WAITING_VENDOR, _("A vendor")),
            (Status.WAITING_THIRD_PARTY, _("Somebody else")),
        ],
    )
    planned_at = forms.DateTimeField(
        label=_("Agreed time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    vendor = forms.ModelChoiceField(
        Vendor.objects.order_by("name"), required=False, label=_("Vendor"), empty_label=_("No vendor")
    )

    def clean(self):
        data = super().clean()
        status = data.get("status")
        if status == Status.WAITING_PLANNED and "planned_at" not in self.errors and not data.get("planned_at"):
            self.add_error("planned_at", _("Write the time you agreed on."))
        if status == Status.WAITING_VENDOR and "vendor" not in self.errors and not data.get("vendor"):
            self.add_error("vendor", _("Choose the vendor."))
        return data

    def clean_planned_at(self):
        planned_at = self.cleaned_data["planned_at"]
        if planned_at and planned_at <= timezone.now():
            raise forms.ValidationError(_("The agreed time must lie ahead."))
        return planned_at


class ResolveForm(TicketForm):
    solution = text_field(
        _("What was the solution?"), missing=_("Write what the solution was."), help_text=_("The user reads this.")
    )
    minutes = forms.IntegerField(label=_("Minutes worked"), min_value=1, max_value=1440, required=False)


class CancelForm(TicketForm):
    reason = forms.ChoiceField(
        label=_("Why is it cancelled?"), choices=Ticket.CancelReason.choices, widget=forms.RadioSelect
    )


class TimeForm(TicketForm):
    minutes = forms.IntegerField(
        label=_("Minutes worked"),
        min_value=-1440,
        max_value=1440,
        help_text=_("A negative number corrects an earlier entry."),
    )
    day = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def clean_minutes(self):
        if self.cleaned_data["minutes"] == 0:
            raise forms.ValidationError(_("Write how many minutes."))
        return self.cleaned_data["minutes"]

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("The day must not lie ahead."))
        return day


class QueueFilter(forms.Form):
    """The filters of a queue page, read from its address. A value that makes no sense filters nothing."""

    ANSWERED = "answered"
    status = forms.ChoiceField(
        required=False,
        label=_("Status"),
        choices=[
            ("", _("All open")),
            *((status.value, status.label) for status in Status if status in ACTIVE),
            (ANSWERED, _("User has answered")),
        ],
    )
    priority = forms.TypedChoiceField(
        required=False,
        label=_("Priority"),
        coerce=int,
        empty_value=None,
        choices=[("", _("All priorities")), *((str(n), f"P{n}") for n in range(1, 6))],
    )
    municipality = forms.ChoiceField(required=False, label=_("Municipality"))
    assignee = forms.ChoiceField(
        required=False,
        label=_("Assignee"),
        choices=[("", _("All assignees")), ("me", _("Assigned to me")), ("none", _("Not assigned"))],
    )
    q = forms.CharField(required=False, max_length=100)

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        served = Municipality.objects.filter(pk__in=granted_ids(person, Municipality, "work_tickets")).order_by("name")
        self.served = {municipality.slug: municipality for municipality in served}
        named = [(slug, municipality.name) for slug, municipality in self.served.items()]
        self.fields["municipality"].choices = [("", _("All municipalities")), *named]
        if self.words:
            self.fields["status"].choices = self._every_status()
        self.is_valid()

    @property
    def words(self) -> str:
        """What is searched for; a search looks in ended tickets too."""
        return str(self["q"].value() or "").strip()[:100]

    def _every_status(self):
        every = [(status.value, status.label) for status in Status]
        return [("", _("All statuses")), *every, (self.ANSWERED, _("User has answered"))]

    def narrow(self, tickets):
        """The active tickets that are wanted."""
        wanted = self.cleaned_data
        if wanted.get("status") == self.ANSWERED:
            tickets = tickets.filter(has_answer=True)
        elif wanted.get("status"):
            tickets = tickets.filter(status=wanted["status"])
        if wanted.get("priority"):
            tickets = tickets.filter(priority=wanted["priority"])
        if wanted.get("municipality"):
            tickets = tickets.filter(municipality=self.served[wanted["municipality"]])
        if wanted.get("assignee"):
            tickets = tickets.filter(assignee=self.person if wanted["assignee"] == "me" else None)
        return tickets

    def as_search(self) -> dict:
        """The same wishes as arguments of `search.found`."""
        wanted = self.cleaned_data
        status, assignee = wanted.get("status"), wanted.get("assignee")
        return {
            "status": status if status in Status.values else None,
            "is_answered": status == self.ANSWERED,
            "priority": wanted.get("priority"),
            "places": {self.served[wanted["municipality"]].pk} if wanted.get("municipality") else None,
            "assignee": self.person if assignee == "me" else None,
            "is_free": assignee == "none",
        }

    @property
    def is_narrowing(self):
        return any(self.cleaned_data.values())
