"""The fields in which a key is written: quantities and days, and a percentage as the share it stands for."""

from datetime import date
from decimal import Decimal

from django import forms

from billing.allocation.errors import AllocationError
from billing.forms import QuantityField
from billing.plans import plain_decimal


def quantity(label) -> QuantityField:
    field = QuantityField(label=label, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    field.hides_optional = True  # which rows may stay empty, the page says once
    return field


def day(label, *, required=True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    field = DayField(label=label, required=required, widget=widget)
    field.hides_optional = not required
    return field


class DayField(forms.DateField):
    """A day; what is none is refused with the sentence of the allocation (BAD_DATE)."""

    def to_python(self, value) -> date | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(AllocationError("BAD_DATE", found=value).sentence()) from error


def share(percent: Decimal | None) -> str:
    """30 % as "0.3"."""
    return plain_decimal((percent or Decimal(0)) / 100)
