"""The fields in which a key is written: exact numbers and days, and a percentage as the share it stands for.

A share that no decimals hold is written as a fraction, a third as 1/3, or 33 1/3 of a hundred.
"""

import re
from datetime import date
from fractions import Fraction

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.forms import QuantityField
from servicecenter.ui import formats

FRACTION = re.compile(r"(?:(?P<whole>[0-9]{1,12}) )?(?P<part>[0-9]{1,12})/(?P<of>[0-9]{1,12})")
DECIMALS = 6  # as many as a quantity is written with


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


class ExactField(QuantityField):
    """A quantity, or a fraction as 1/3 or 33 1/3; a Fraction, which nothing has rounded."""

    def to_python(self, value) -> Fraction | None:
        found = FRACTION.fullmatch(" ".join(str(value or "").split()))
        if found is None and "/" in str(value or ""):
            raise forms.ValidationError(_("Write a fraction as 1/3 or 33 1/3."))
        if found is None:
            number = super().to_python(value)
            return None if number is None else Fraction(number)
        if not int(found["of"]):
            raise forms.ValidationError(_("Nothing can be divided by 0. Write a fraction as 1/3 or 33 1/3."))
        return int(found["whole"] or 0) + Fraction(int(found["part"]), int(found["of"]))


def exact(label) -> ExactField:
    field = ExactField(label=label, required=False)
    field.hides_optional = True
    return field


def share(percent: Fraction | None) -> str:
    """30 % as "0.3", 100/3 % as "1/3"."""
    return plain(Fraction(percent or 0) / 100)


def plain(value: Fraction) -> str:
    """As keys hold a number: "0.3" when decimals hold it, "1/3" when not."""
    return _decimals(value) or str(value)


def is_endless(value: Fraction) -> bool:
    """Whether no number of decimals holds it, as a third."""
    return not _decimals(value)


def figure(value: Fraction) -> str:
    """As people write it in their language: 1234,5 or 1234.5; a fraction when six decimals do not hold it."""
    text = _decimals(value, DECIMALS) or str(value)
    return text.replace(".", ",") if formats.is_danish() else text


def _decimals(value: Fraction, most: int = 1000) -> str:
    """All its decimals; empty when there are more than `most`, or no end of them."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places > most:
        return ""
    whole, part = divmod(int(value * 10**places), 10**places)
    return f"{whole}.{part:0{places}d}" if places else str(whole)
