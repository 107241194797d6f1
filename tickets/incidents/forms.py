from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.forms import TicketForm
from tickets.incidents.models import MajorIncident

NEW, NONE = "ny", "ingen"


class IncidentForm(TicketForm):
    """Which of the open major incidents, a new one, or none any more."""

    incident = forms.ChoiceField(
        label=_("Which major incident?"), widget=forms.RadioSelect, error_messages={"required": _("Choose one.")}
    )
    title = forms.CharField(
        label=_("What has happened, if it is a new one?"), max_length=120, required=False,
        help_text=_("A few words, for example “The network in Stenløse is down”. Everybody at the desk reads them."),
    )  # fmt: skip

    def offer(self):
        open_ones = list(MajorIncident.objects.open())
        own = self.ticket.major_incident
        listed = open_ones + ([own] if own and own not in open_ones else [])
        choices = [(str(one.pk), one.title) for one in listed] + [(NEW, _("A new one"))]
        self.fields["incident"].choices = choices + ([(NONE, _("None: the ticket stands alone"))] if own else [])
        self.initial.setdefault("incident", str(own.pk) if own else "" if listed else NEW)

    def clean(self):
        chosen = self.cleaned_data.get("incident")
        if chosen == NEW and not self.cleaned_data.get("title", "").strip():
            self.add_error("title", _("Say in a few words what has happened."))
        return self.cleaned_data
