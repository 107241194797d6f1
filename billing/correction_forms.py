"""Forms about a closed month: why it is corrected, and what a quantity should have been."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import QuantityField
from billing.models import Driver
from municipalities.models import Municipality


class CorrectionForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is the month corrected?"),
        max_length=200,
        help_text=_("Every municipality reads it beside the amounts."),
    )


class ValueCorrectionForm(forms.Form):
    driver = forms.ModelChoiceField(Driver.objects.none(), label=_("Quantity"))
    municipality = forms.ModelChoiceField(Municipality.objects.none(), label=_("Municipality"))
    value = QuantityField(label=_("Should have been"))
    reason = forms.CharField(label=_("Where is it known from?"), max_length=200)

    def __init__(self, *args, period, **kwargs):
        super().__init__(*args, **kwargs)
        values = period.driver_values
        self.fields["driver"].queryset = Driver.objects.filter(pk__in=values.values("driver"))
        self.fields["municipality"].queryset = Municipality.objects.filter(pk__in=values.values("municipality"))
