"""Administration of people, grants and settings, within the municipalities the administrator was given."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin  # noqa: F401  registers groups, whatever the order of the apps
from django.contrib.auth.models import Group
from django.db.models import Q

from municipalities.models import Municipality, Person, Site
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids

admin.site.unregister(Group)  # groups follow from roles.toml


def managed_by(person, permission="manage_people"):
    return Municipality.objects.filter(pk__in=granted_ids(person, Municipality, permission))


def _grantable_by(person):
    """Groups on the municipalities the administrator manages, and those on queues."""
    wanted = Q(name__contains="#")
    for municipality in managed_by(person, "manage_grants"):
        wanted |= Q(name__endswith=f"@{municipality.slug}")
    return Group.objects.filter(wanted)


class OwnedAdmin(admin.ModelAdmin):
    """Rows of the municipalities the reader manages; every change leaves an audit entry."""

    permission = "manage_people"

    def get_queryset(self, request):
        return super().get_queryset(request).granted(request.user, self.permission)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "municipality":
            kwargs["queryset"] = managed_by(request.user, self.permission)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        AuditEntry.objects.record(
            f"{self.model._meta.model_name}_{'changed' if change else 'added'}",
            municipality_id=form.instance.municipality_id, actor=request.user, subject=str(form.instance),
            fields=form.changed_data,
        )  # fmt: skip


@admin.register(Municipality)
class MunicipalityAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "kind", "cvr", "joined_on", "left_on"]

    def get_queryset(self, request):
        return managed_by(request.user, "manage_settings")


@admin.register(Site)
class SiteAdmin(OwnedAdmin):
    permission = "manage_settings"
    list_display = ["name", "municipality", "kind"]
    list_filter = ["municipality"]
    list_select_related = ["municipality"]
    search_fields = ["name"]


@admin.register(Person)
class PersonAdmin(OwnedAdmin):
    list_display = ["name", "email", "municipality", "department", "is_active"]
    list_filter = ["municipality", "is_active"]
    list_select_related = ["municipality"]
    search_fields = ["name", "email"]
    fields = [
        "municipality", "name", "email", "title", "phone", "department", "site", "language", "is_active", "groups",
    ]  # fmt: skip
    filter_horizontal = ["groups"]

    def get_readonly_fields(self, request, person=None):
        return ["municipality"] if person else []  # nobody moves between municipalities

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            kwargs["queryset"] = _grantable_by(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_unusable_password()  # the person chooses one through "forgotten password"
        super().save_model(request, obj, form, change)
