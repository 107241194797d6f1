"""What comes from outside: files of ledger lines, which column holds what, assignments and quantities."""

import re
from decimal import Decimal

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import rules
from billing.csv_lines import FIELDS
from billing.models import AssignmentRule, Driver, DriverValue, Pool
from municipalities.models import Municipality
from servicecenter.ui import formats

QUANTITY = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,12})(?:,[0-9]{1,6})?")


class TableFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV or Excel file"),
        help_text=_("CSV separated by semicolon or comma, amounts like 1.234,56; or the first sheet of an XLSX file."),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.LEDGER_MAX_BYTES:
            limit = formats.filesize(settings.LEDGER_MAX_BYTES)
            raise forms.ValidationError(_("The file is larger than %(limit)s. Split it.") % {"limit": limit})
        return file


class UploadForm(TableFileForm):
    source = forms.SlugField(
        label=_("Accounts system"),
        max_length=40,
        initial="opus",
        help_text=_(
            "Ids of lines are unique within one system, so use the same short name each month."
            " Which column holds what is remembered for it."
        ),
    )


class MappingForm(forms.Form):
    """One choice per field of a line: the column of the file that holds it."""

    def __init__(self, *args, header, fields=FIELDS, **kwargs):
        super().__init__(*args, **kwargs)
        columns = [("", _("Not in the file")), *((heading, heading) for heading in header if heading)]
        for known in fields:
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


class WorkListForm(AssignmentForm):
    """The chosen lines of the work list, where they belong, and whether the next ones like them go there too."""

    make_rule = forms.BooleanField(
        label=_("Make a rule of it"),
        help_text=_("Later lines with the same vendor, account and contract then go there by themselves."),
        required=False,
    )

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lines"] = forms.ModelMultipleChoiceField(
            lines, error_messages={"required": _("Choose at least one line.")}
        )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("make_rule") and "lines" in cleaned and not any(self.conditions().values()):
            raise forms.ValidationError(
                _("The lines have neither vendor, account nor contract in common, so no rule can be made of them.")
            )
        return cleaned

    def conditions(self) -> dict[str, str]:
        """What all chosen lines have in common."""
        chosen = list(self.cleaned_data["lines"])
        common = {name: {getattr(line, name) for line in chosen} for name in ("vendor", "account", "contract")}
        return {name: found.pop() if len(found) == 1 else "" for name, found in common.items()}

    @transaction.atomic
    def assign(self, *, by) -> int:
        """Assign, and store the rule. Returns the number of lines; raises what `periods.assign` raises."""
        lines, pool, payer = (self.cleaned_data[name] for name in ("lines", "pool", "municipality"))
        if self.cleaned_data["make_rule"]:
            first = min(line.booked_on for line in lines).replace(day=1)
            rules.add_rule(pool=pool, paid_by=payer, by=by, valid_from=first, **self.conditions())
        return rules.assign_many(lines, pool=pool, municipality=payer, by=by)


class RuleForm(forms.ModelForm):
    class Meta:
        model = AssignmentRule
        fields = ["vendor", "account", "contract", "pool", "paid_by", "valid_from", "position"]
        labels = {"paid_by": _("Municipality, when it alone pays")}
        help_texts = {
            "vendor": _("Letter case does not count, and * at the end stands for anything."),
            "valid_from": _("For lines booked from this day on."),
            "position": _("The lowest decides when several rules fit. Empty: last."),
        }
        widgets = {"valid_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["paid_by"].queryset = Municipality.objects.members()
        self.fields["position"].required = False

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in ("vendor", "account", "contract")):
            raise forms.ValidationError(_("Give a vendor, an account or a contract."))
        if not cleaned.get("pool") and not cleaned.get("paid_by"):
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
    return "" if value is None else formats.trimmed(value)


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
