"""What joint finance enters about the savings: the baseline with its parts, what is left at home, and price indices."""

from datetime import date
from decimal import Decimal

from django import forms
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from billing.forms import QuantityField, shown_quantity
from billing.models import Baseline, BaselinePart, Driver, HomeCost, IndexSeries, IndexValue
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry

EMPTY_PARTS = 2
MAX_KRONER = Decimal(10**13)


class KronerField(QuantityField):
    """An amount in kroner, which the form gives as whole øre."""

    def to_python(self, value):
        kroner = super().to_python(value)
        if kroner is None:
            return None
        if kroner > MAX_KRONER or kroner * 100 != int(kroner * 100):
            raise forms.ValidationError(_("Write an amount in kroner with at most two decimals."))
        return int(kroner * 100)


def shown_kroner(ore: int | None) -> str:
    return "" if ore is None else shown_quantity(Decimal(ore) / 100)


class BaselineForm(forms.ModelForm):
    promised = KronerField(label=_("Promised saving a year, DKK"))

    class Meta:
        model = Baseline
        fields = ["base_year", "scope", "approved_by", "approved_on", "reference"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["promised"].initial = shown_kroner(self.instance.promised_ore if self.instance.pk else None)
        self.fields["approved_on"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean_base_year(self):
        year = self.cleaned_data["base_year"]
        if not 2000 <= year <= date.max.year:
            raise forms.ValidationError(_("Write a year with four digits."))
        return year

    def save(self, commit=True):
        self.instance.promised_ore = self.cleaned_data["promised"]
        return super().save(commit)


class PartForm(forms.Form):
    """A part of the baseline; without a name it is left out."""

    name = forms.CharField(label=_("Part"), max_length=80, required=False)
    fixed = KronerField(label=_("Fixed, DKK a year"), required=False)
    variable = KronerField(label=_("Variable, DKK a year"), required=False)
    driver = forms.ModelChoiceField(Driver.objects.all(), label=_("Varies with"), required=False)
    base_volume = QuantityField(label=_("Volume in the base year"), required=False)
    series = forms.ModelChoiceField(IndexSeries.objects.all(), label=_("Price index"), required=False)

    def clean(self):
        cleaned = super().clean() or {}
        if not cleaned.get("name"):
            if any(cleaned.get(name) for name in ("fixed", "variable", "base_volume")):
                self.add_error("name", _("Give the part a name, or empty its amounts."))
            return cleaned
        if not cleaned.get("series") and "series" not in self.errors:
            self.add_error("series", _("Choose the index that this part follows."))
        if cleaned.get("variable") and not cleaned.get("driver"):
            self.add_error("driver", _("Choose what the variable cost varies with."))
        if cleaned.get("variable") and not cleaned.get("base_volume") and "base_volume" not in self.errors:
            self.add_error("base_volume", _("Write the volume of the base year; it is more than zero."))
        return cleaned

    def part(self, baseline: Baseline) -> BaselinePart | None:
        found = self.cleaned_data
        if not found["name"]:
            return None
        return BaselinePart(
            municipality=baseline.municipality, baseline=baseline, name=found["name"], fixed_ore=found["fixed"] or 0,
            variable_ore=found["variable"] or 0, driver=found["driver"], base_volume=found["base_volume"],
            series=found["series"],
        )  # fmt: skip


class HomeForm(forms.Form):
    """One year; without an amount it is not entered, which is not 0."""

    running = KronerField(label=_("Running cost at home, DKK"), required=False)
    one_off = KronerField(label=_("Cost that happens once, DKK"), required=False)

    def clean(self):
        cleaned = super().clean() or {}
        if cleaned.get("one_off") and cleaned.get("running") is None and "running" not in self.errors:
            self.add_error("running", _("Write the running cost too; it may be 0."))
        return cleaned


class BaselineForms:
    """Everything about one municipality's business case, stored together or not at all."""

    def __init__(self, municipality: Municipality, *, year: int, data=None):
        self.municipality = municipality
        found = Baseline.objects.filter(municipality=municipality).first()
        self.baseline = BaselineForm(data, instance=found or Baseline(municipality=municipality))
        parts = list(found.parts.all()) if found else []
        shown = [_shown_part(part) for part in parts] + [{}] * EMPTY_PARTS
        count = len(shown)
        if data is not None:
            count = max(count, sum(f"part{place}-name" in data for place in range(100)))
        self.parts = [
            PartForm(data, prefix=f"part{place}", initial=shown[place] if place < len(shown) else {})
            for place in range(count)
        ]
        homes = {row.year: row for row in HomeCost.objects.filter(municipality=municipality)}
        self.homes = {
            one: HomeForm(data, prefix=f"home{one}", initial=_shown_home(homes.get(one)))
            for one in sorted({*homes, year - 1, year, year + 1})
        }

    def are_valid(self) -> bool:
        checked = [form.is_valid() for form in (self.baseline, *self.parts, *self.homes.values())]
        return all(checked)

    @transaction.atomic
    def save(self, *, by: Person) -> Baseline:
        """Store the case: its parts are written anew, and a year whose cost was emptied is not measured any more."""
        baseline = self.baseline.save()
        baseline.parts.all().delete()
        BaselinePart.objects.bulk_create(filter(None, (form.part(baseline) for form in self.parts)))
        for year, form in self.homes.items():
            self._save_home(year, form.cleaned_data)
        AuditEntry.objects.record(
            "baseline_changed", municipality_id=self.municipality.pk, actor=by, subject=self.municipality.slug,
            promised_ore=baseline.promised_ore, base_year=baseline.base_year,
            parts=[part.name for part in baseline.parts.all()],
        )  # fmt: skip
        return baseline

    def _save_home(self, year: int, entered: dict) -> None:
        rows = HomeCost.objects.filter(municipality=self.municipality, year=year)
        if entered["running"] is None:
            rows.delete()
            return
        amounts = {"running_ore": entered["running"], "one_off_ore": entered["one_off"] or 0}
        HomeCost.objects.update_or_create(municipality=self.municipality, year=year, defaults=amounts)


def _shown_part(part: BaselinePart) -> dict:
    return {
        "name": part.name, "fixed": shown_kroner(part.fixed_ore), "variable": shown_kroner(part.variable_ore),
        "driver": part.driver_id, "base_volume": shown_quantity(part.base_volume), "series": part.series_id,
    }  # fmt: skip


def _shown_home(row: HomeCost | None) -> dict:
    return {"running": shown_kroner(row.running_ore), "one_off": shown_kroner(row.one_off_ore)} if row else {}


class IndexForm(forms.Form):
    """All series with their values by year, and the name of a new one."""

    def __init__(self, *args, years: list[int], **kwargs):
        super().__init__(*args, **kwargs)
        self.years, self.series = years, list(IndexSeries.objects.prefetch_related("values"))
        self.known = {(value.series_id, value.year): value.value for row in self.series for value in row.values.all()}
        for row in self.series:
            for year in years:
                self.fields[f"v{row.pk}-{year}"] = QuantityField(
                    label=f"{row.name}, {year}", required=False, initial=shown_quantity(self.known.get((row.pk, year))),
                    widget=forms.TextInput(attrs={"class": "form-input input-width-s", "inputmode": "decimal"}),
                )  # fmt: skip
        self.fields["new_name"] = forms.CharField(label=_("Name of a new index"), max_length=80, required=False)
        self.fields["new_source"] = forms.CharField(label=_("Its source"), max_length=200, required=False)

    def rows(self):
        return [(row, [self[f"v{row.pk}-{year}"] for year in self.years]) for row in self.series]

    def clean(self):
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if name.startswith("v") and value is not None and not 0 < value < 10**6:
                self.add_error(name, _("An index is more than zero."))
        code = slugify(cleaned.get("new_name") or "")
        if cleaned.get("new_name") and (not code or code in {row.code for row in self.series}):
            self.add_error("new_name", _("There is an index of this name. Choose another."))
        return cleaned

    @transaction.atomic
    def save(self, *, by: Person) -> None:
        if self.cleaned_data["new_name"]:
            IndexSeries.objects.create(
                code=slugify(self.cleaned_data["new_name"]), name=self.cleaned_data["new_name"],
                source=self.cleaned_data["new_source"],
            )  # fmt: skip
        for row in self.series:
            for year in self.years:
                self._save_value(row, year, self.cleaned_data[f"v{row.pk}-{year}"])
        AuditEntry.objects.record(
            "indices_changed", municipality_id=Municipality.objects.operator().pk, actor=by, subject=str(self.years[-1])
        )

    def _save_value(self, series: IndexSeries, year: int, value: Decimal | None) -> None:
        if value is None:
            IndexValue.objects.filter(series=series, year=year).delete()
        else:
            IndexValue.objects.update_or_create(series=series, year=year, defaults={"value": value})
