from django.contrib import admin

from municipalities.models import Municipality, Person, Site


@admin.register(Municipality)
class MunicipalityAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "kind", "cvr", "joined_on", "left_on"]


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    list_display = ["name", "municipality", "kind"]
    list_filter = ["municipality"]
    search_fields = ["name"]


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "municipality", "department", "is_active"]
    list_filter = ["municipality", "is_active"]
    search_fields = ["name", "email"]
    exclude = ["password", "user_permissions", "last_login"]
    filter_horizontal = ["groups"]
    list_select_related = ["municipality"]
