"""Pools, drivers and budgets are few, so the administration is their form. Keys are only read here."""

from django.contrib import admin

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


@admin.register(Pool)
class PoolAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "position", "is_direct"]


@admin.register(KeyVersion)
class KeyVersionAdmin(admin.ModelAdmin):
    """To read only: a key comes into force by the decision of every municipality (billing.keys.proposals)."""

    list_display = ["pool", "label", "valid_from", "valid_to", "decided_by"]
    list_filter = ["pool"]
    list_select_related = ["pool"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


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
