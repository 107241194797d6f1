"""What people type about visits, the phone and the solution."""

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Site
from tickets.forms import TicketForm
from tickets.proximity import phone
from tickets.proximity.phone import MOST_CALLS, Line

LARGEST_FILE = 1_000_000


def moment_field(label, **fields):
    """An instant in local time; browsers offer a calendar and a clock."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(
        label=label, widget=widget, error_messages={"invalid": _("Write day and time, for example 2026-11-25 09:30.")},
        **fields,
    )  # fmt: skip


class VisitForm(TicketForm):
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Place"), empty_label=_("Choose the place"))
    arrived_at = moment_field(_("Arrived"))
    left_at = moment_field(_("Left"), required=False, help_text=_("Leave it empty while you are there."))

    def offer(self):
        self.fields["site"].queryset = Site.objects.filter(municipality_id=self.ticket.municipality_id)
        self.initial.setdefault("site", self.ticket.site_id)


class LeaveForm(TicketForm):
    left_at = moment_field(_("Left"))


class RatingForm(forms.Form):
    stars = forms.TypedChoiceField(
        label=_("How satisfied are you with the help?"), coerce=int, widget=forms.RadioSelect,
        choices=[
            (5, _("5 – very satisfied")), (4, _("4 – satisfied")), (3, _("3 – neither nor")),
            (2, _("2 – dissatisfied")), (1, _("1 – very dissatisfied")),
        ],
        error_messages={"required": _("Choose a number from 1 to 5.")},
    )  # fmt: skip
    comment = forms.CharField(
        label=_("Do you want to say why?"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class PhoneForm(forms.Form):
    """Either a file, or the numbers of one municipality and month."""

    municipality = forms.ModelChoiceField(
        Municipality.objects.none(), label=_("Municipality"), required=False, empty_label=_("Choose")
    )
    month = forms.CharField(label=_("Month"), max_length=7, required=False, help_text=_("For example 2026-10."))
    calls = forms.IntegerField(label=_("Calls"), min_value=0, max_value=MOST_CALLS, required=False)
    within_60_s = forms.IntegerField(
        label=_("Reached a person within 60 seconds"), min_value=0, max_value=MOST_CALLS, required=False
    )
    file = forms.FileField(
        label=_("Or a CSV file"), required=False,
        help_text=_("Columns: municipality, month, calls, within 60 seconds. The first line holds headings."),
    )  # fmt: skip
    source = forms.CharField(label=_("Source"), max_length=120, help_text=_("For example the telephone system."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["municipality"].queryset = Municipality.objects.members()
        self.lines: list[Line] = []

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload is None:
            return None
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than one megabyte. Split it."))
        self.lines, faults = phone.read_file(upload.read())
        if faults:
            raise forms.ValidationError(faults[:20])
        return upload

    def clean(self):
        data = super().clean()
        if self.errors or self.lines:
            return data
        wanted = ("municipality", "month", "calls", "within_60_s")
        missing = [name for name in wanted if data.get(name) in (None, "")]
        for name in missing:
            self.add_error(name, _("Fill this in, or choose a file."))
        if not missing:
            try:
                self.lines = [
                    Line(data["municipality"], phone.as_month(data["month"]), data["calls"], data["within_60_s"])
                ]
            except ValueError as error:
                self.add_error("month", str(error))
        return data
