"""Putting a person on the list of a report."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import ReportSubscription
from billing.subscriptions.sending import may_receive
from municipalities.models import Municipality, Person


class SubscriptionForm(forms.Form):
    """A report of one of `municipalities` for somebody who may read its entries."""

    municipality = forms.ModelChoiceField(Municipality.objects.none(), label=_("Municipality"))
    recipient = forms.ModelChoiceField(Person.objects.none(), label=_("Receiver"))
    kind = forms.ChoiceField(label=_("Report"), choices=ReportSubscription.Kind)

    def __init__(self, *args, municipalities, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["municipality"].queryset = municipalities
        self.fields["recipient"].queryset = people
        self.fields["recipient"].label_from_instance = lambda person: f"{person.name}, {person.email}"

    def clean(self):
        cleaned = super().clean() or {}
        place, person, kind = (cleaned.get(name) for name in ("municipality", "recipient", "kind"))
        if place and person and not may_receive(person, place):
            self.add_error("recipient", _("This person may not read the entries of the municipality."))
        elif place and person and kind:
            running = ReportSubscription.objects.running().filter(municipality=place, recipient=person, kind=kind)
            if running.exists():
                self.add_error("recipient", _("This person gets the report already."))
        return cleaned
