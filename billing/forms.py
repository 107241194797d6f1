"""What comes from outside: files of ledger lines, which column holds what, assignments and quantities."""

import re
from decimal import Decimal

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.csv_lines import FIELDS
from billing.models import Driver, DriverValue, Pool
from municipalities.models import Municipality
from servicecenter.ui import formats

QUANTITY = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,12})(?:,[0-9]{1,6})?")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"), help_text=_("Separated by semicolon or comma. Amounts are written like 1.234,56.")
    )
    source = forms.SlugField(
        label=_("Accounts system"),
        max_length=40,
        initial="opus",
        help_text=_("Ids of lines are unique within one system, so use the same short name each month."),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.LEDGER_MAX_BYTES:
            limit = formats.filesize(settings.LEDGER_MAX_BYTES)
            raise forms.ValidationError(_("The file is larger than %(limit)s. Split it.") % {"limit": limit})
        return file


class MappingForm(forms.Form):
    """One choice per field of a line: the column of the file that holds it."""

    def __init__(self, *args, header, **kwargs):
        super().__init__(*args, **kwargs)
        columns = [("", _("Not in the file")), *((heading, heading) for heading in header if heading)]
        for known in FIELDS:
            self.fields[known.name] = forms.ChoiceField(label=known.label, choices=columns, required=known.is_required)

    def mapping(self) -> dict[str, str]:
        return {name: heading for name, heading in self.cleaned_data.items() if heading}


class AssignmentForm(forms.Form):
    """A shared pool for a joint line; a municipality, with or without a direct pool, for a line it carries alone."""

    pool = forms.ModelChoiceField(Pool.objects.all(), label=_("Pool"), required=False)
    municipality = forms.ModelChoiceField(
        Municipality.objects.members(), label=_("Municipality, when it alone pays"), required=False
    )

    def clean(self):
        cleaned = super().clean() or {}
        if not cleaned.get("pool") and not cleaned.get("municipality"):
            raise forms.ValidationError(_("Choose a pool or a municipality."))
        return cleaned


class QuantityField(forms.CharField):
    """A number of zero or more as the reader's language writes it: 48.000,5 in Danish, 48,000.5 in English.

    Django's own field reads 48.000 as 48 in Danish, so it is not used.
    """

    def to_python(self, value):
        text = (super().to_python(value) or "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
        if not text:
            return None
        danish = text if formats.is_danish() else text.translate(str.maketrans(",.", ".,"))
        if QUANTITY.fullmatch(danish) is None:
            raise forms.ValidationError(
                _("“%(found)s” is not a quantity. Write it like %(example)s."),
                params={"found": text[:40], "example": formats.number(Decimal("1234.5"), 1)},
            )
        return Decimal(danish.replace(".", "").replace(",", "."))

    def validate(self, value):
        if value is not None:
            super().validate(str(value))

    def run_validators(self, value):
        return


def shown_quantity(value: Decimal | None) -> str:
    if value is None:
        return ""
    exact = value.normalize()
    return formats.number(value, max(0, -int(exact.as_tuple().exponent)))


def _looks(label: str) -> dict[str, str]:
    """A hidden label would widen the page on a phone, so the name is an attribute."""
    return {"class": "form-input input-width-s", "inputmode": "decimal", "aria-label": label}


class QuantitiesForm(forms.Form):
    """The month's entered quantities, one field per driver and municipality; an empty field stays unmeasured."""

    def __init__(self, *args, period, **kwargs):
        super().__init__(*args, **kwargs)
        self.drivers = list(Driver.objects.filter(source=Driver.Source.ENTERED))
        self.members = list(Municipality.objects.members())
        values = DriverValue.objects.filter(period=period, driver__in=self.drivers)
        self.known = {(row.driver_id, row.municipality_id): row.value for row in values}
        for driver in self.drivers:
            for member in self.members:
                self.fields[self._name(driver, member)] = QuantityField(
                    label=f"{driver.name}, {member.name}",
                    required=False,
                    widget=forms.TextInput(attrs=_looks(f"{driver.name}, {member.name}")),
                    initial=shown_quantity(self.known.get((driver.pk, member.pk))),
                )

    @staticmethod
    def _name(driver, member):
        return f"{driver.code}_{member.code}"

    def rows(self):
        return [(driver, [self[self._name(driver, member)] for member in self.members]) for driver in self.drivers]

    def changes(self):
        """(driver, municipality, value) of what was written anew."""
        for driver in self.drivers:
            for member in self.members:
                value = self.cleaned_data[self._name(driver, member)]
                if value is not None and value != self.known.get((driver.pk, member.pk)):
                    yield driver, member, value
