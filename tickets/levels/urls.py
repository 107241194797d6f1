"""The addresses of service levels, of a ticket's delay, and of proximity; part of those of the desk."""

from django.urls import path

from tickets.levels import delay_views as delay
from tickets.levels import views as levels
from tickets.proximity import views as proximity
from tickets.servicenow import views as servicenow

_LEVELS = "ledelse/service/"
_TICKET = "sager/<int:number>/"
_WORK = "konsol/sag/<int:number>/"

urlpatterns = [
    path(_LEVELS, levels.service_levels, name="service_levels"),
    path("ledelse/service.csv", levels.export_csv, name="levels_csv"),
    path("ledelse/service.xlsx", levels.export_xlsx, name="levels_xlsx"),
    path(_LEVELS + "leverandoerer/", levels.show_vendors, name="vendors"),
    path(_LEVELS + "sager/", levels.list_tickets, name="level_tickets"),
    path(_LEVELS + "ligevaerd/", levels.show_equality, name="equality"),
    path(_LEVELS + "ligevaerd/graense/", levels.margin, name="equality_margin"),
    path(_LEVELS + "servicenow/", servicenow.comparison, name="servicenow"),
    path("ledelse/servicenow.csv", servicenow.comparison_csv, name="servicenow_csv"),
    path(_LEVELS + "telefon/", proximity.phone_figures, name="phone_figures"),
    path(_LEVELS + "maaneder/", levels.list_months, name="level_months"),
    path(_LEVELS + "maaneder/optaelling/", levels.count_now, name="count_levels"),
    path(_LEVELS + "maaneder/lukning/", levels.close_month, name="close_level_month"),
    path(_TICKET + "forsinkelse/", delay.of_own_ticket, name="delay"),
    path(_TICKET + "vurdering/", proximity.Rate.as_view(), name="rate"),
    path(_WORK + "forsinkelse/", delay.of_worked_ticket, name="console_delay"),
    path(_WORK + "besoeg/", proximity.RegisterVisit.as_view(), name="visit"),
    path(_WORK + "besoeg/<int:pk>/", proximity.EndVisit.as_view(), name="end_visit"),
]
