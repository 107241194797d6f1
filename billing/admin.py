"""Pools, keys, drivers and budgets are few and change by decision, so the administration is their form."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.key_definitions import read_key
from billing.models import (
    Budget,
    CriticalSystem,
    DataCentre,
    Dependence,
    Driver,
    KeyVersion,
    Participation,
    Pool,
    Resource,
)


class KeyVersionForm(forms.ModelForm):
    class Meta:
        model = KeyVersion
        fields = [
            "pool", "valid_from", "valid_to", "definition", "label", "sentence",
            "decided_by", "decided_on", "reference",
        ]  # fmt: skip

    def clean_definition(self):
        """What could never be used is refused here, before a month is calculated with it."""
        definition = self.cleaned_data["definition"]
        try:
            if isinstance(definition, dict) and definition.get("type") == "on_cost":
                plain.names(definition.get("of"))
            else:
                read_key(definition)
        except AllocationError as error:
            raise ValidationError(error.sentence()) from error
        return definition

    def clean(self):
        cleaned = super().clean() or {}
        if {"pool", "valid_from"} <= cleaned.keys() and self._overlaps(cleaned):
            self.add_error("valid_from", _("Another key of the pool is in force on one of these days. End it first."))
        return cleaned

    def _overlaps(self, cleaned):
        end = cleaned.get("valid_to")
        others = KeyVersion.objects.filter(pool=cleaned["pool"]).exclude(pk=self.instance.pk)
        others = others.exclude(valid_to__lte=cleaned["valid_from"])
        return (others.filter(valid_from__lt=end) if end else others).exists()


@admin.register(Pool)
class PoolAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "position", "is_direct"]


@admin.register(KeyVersion)
class KeyVersionAdmin(admin.ModelAdmin):
    form = KeyVersionForm
    list_display = ["pool", "label", "valid_from", "valid_to", "decided_by"]
    list_filter = ["pool"]
    list_select_related = ["pool"]


@admin.register(Driver)
class DriverAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "nature", "unit", "source"]


@admin.register(Participation)
class ParticipationAdmin(admin.ModelAdmin):
    list_display = ["municipality", "pool", "valid_from", "valid_to"]
    list_filter = ["pool"]
    list_select_related = ["municipality", "pool"]


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):
    list_display = ["pool", "month", "amount_ore"]
    list_filter = ["pool"]
    list_select_related = ["pool"]


@admin.register(Resource)
class ResourceAdmin(admin.ModelAdmin):
    list_display = ["name", "unit", "pool", "pool_percent"]
    list_select_related = ["pool"]


@admin.register(DataCentre)
class DataCentreAdmin(admin.ModelAdmin):
    list_display = ["name", "operated_by", "address"]


class DependenceInline(admin.TabularInline):
    model = Dependence
    extra = 0


@admin.register(CriticalSystem)
class CriticalSystemAdmin(admin.ModelAdmin):
    list_display = ["name", "data_centre", "recovery_hours", "tested_on"]
    list_select_related = ["data_centre"]
    inlines = [DependenceInline]
