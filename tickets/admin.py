from django.contrib import admin

from tickets.models import Agreement, AgreementVersion, Calendar, CalendarVersion, Category, Queue, Service, Vendor

for model in (Agreement, AgreementVersion, Calendar, CalendarVersion, Category, Queue, Service, Vendor):
    admin.site.register(model)
