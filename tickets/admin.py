from django.contrib import admin

from tickets.models import Agreement, AgreementVersion, Calendar, CalendarVersion, Category, Queue, Service, Vendor

for model in (Category, Queue, Service, Vendor):
    admin.site.register(model)


@admin.register(Calendar, CalendarVersion, Agreement, AgreementVersion)
class DecidedTogether(admin.ModelAdmin):
    """To be read only, for superusers too: what is promised changes by a proposal that every municipality decides."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
