"""What comes from outside about capacity: measured units, a trade, the reason of a cancellation."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.forms import QuantityField
from billing.models import CapacityTrade, Resource
from municipalities.models import Municipality

PRICE_IN_ORE = 100


class MeterForm(forms.Form):
    municipality = forms.ModelChoiceField(Municipality.objects.members(), label=_("Municipality"))
    resource = forms.ModelChoiceField(Resource.objects.all(), label=_("Resource"))
    owned = QuantityField(
        label=pgettext_lazy("capacity", "Owned"), help_text=_("Units that the municipality pays for.")
    )
    used = QuantityField(label=pgettext_lazy("capacity", "Used"))
    source = forms.CharField(label=_("Where the figures come from"), max_length=200, required=False)


class TradeForm(forms.Form):
    kind = forms.ChoiceField(label=_("Loan or sale"), choices=CapacityTrade.Kind, widget=forms.RadioSelect)
    resource = forms.ModelChoiceField(Resource.objects.all(), label=_("Resource"))
    seller = forms.ModelChoiceField(Municipality.objects.members(), label=_("Who gives"))
    buyer = forms.ModelChoiceField(Municipality.objects.members(), label=_("Who takes"))
    units = QuantityField(label=pgettext_lazy("capacity", "Units"))
    price = QuantityField(
        label=_("Price per unit and month, DKK"), help_text=_("What the two agreed. 0 when it is free.")
    )
    agreement = forms.CharField(
        label=_("Agreement"), max_length=120, help_text=_("The paper it was agreed in, with its date.")
    )

    def clean_units(self):
        units = self.cleaned_data["units"]
        if not units:
            raise forms.ValidationError(_("Write how many units; it must be more than 0."))
        return units

    def clean(self):
        cleaned = super().clean() or {}
        if cleaned.get("seller") and cleaned.get("seller") == cleaned.get("buyer"):
            self.add_error("buyer", _("A municipality cannot trade with itself. Choose another one."))
        return cleaned

    def terms(self) -> dict:
        """The arguments of exchange.trade, the price in øre."""
        terms = {name: value for name, value in self.cleaned_data.items() if name != "price"}
        return {**terms, "unit_price": self.cleaned_data["price"] * PRICE_IN_ORE}


class CancellationForm(forms.Form):
    reason = forms.CharField(label=_("Why the trade shall not count"), max_length=200)
