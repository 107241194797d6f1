from django.urls import path

from tickets import workload
from tickets.incidents import views as incidents
from tickets.levels.urls import urlpatterns as levels
from tickets.notifications import views as notifications
from tickets.sla import views as sla
from tickets.sla.administration import agreement_views, calendar_views
from tickets.views import console, listed, many, portal
from tickets.views import console_actions as agent

app_name = "tickets"

_TICKET = "sager/<int:number>/"
_WORK = "konsol/sag/<int:number>/"
_MANY = "konsol/flere/"


urlpatterns = [
    *levels,
    path("", portal.home, name="home"),
    path("sager/", portal.mine, name="mine"),
    path("sager/ny/", portal.file, name="file"),
    path(_TICKET, portal.ticket, name="ticket"),
    path(_TICKET + "svar/", portal.Answer.as_view(), name="answer"),
    path(_TICKET + "bilag/", portal.AddFiles.as_view(), name="add_files"),
    path(_TICKET + "luk/", portal.Close.as_view(), name="close"),
    path(_TICKET + "genaabn/", portal.Reopen.as_view(), name="reopen"),
    path("bilag/<str:token>/", portal.attachment, name="attachment"),
    path("aftaler/", agreement_views.list_agreements, name="agreements"),
    path("aftaler/ny/", agreement_views.new_agreement, name="agreement_new"),
    path("aftaler/<slug:code>/", agreement_views.show_agreement, name="agreement"),
    path("aftaler/<slug:code>/ny/", agreement_views.new_version, name="agreement_version"),
    path("kalendere/", calendar_views.list_calendars, name="calendars"),
    path("kalendere/ny/", calendar_views.new_calendar, name="calendar_new"),
    path("kalendere/<slug:code>/", calendar_views.show_calendar, name="calendar"),
    path("kalendere/<slug:code>/ny/", calendar_views.new_version, name="calendar_version"),
    path("ledelse/sager/", listed.listed, name="listed"),
    path("beskeder/", notifications.notices, name="notices"),
    path("beskeder/<int:pk>/", notifications.notice, name="notice"),
    path("beskeder/indstillinger/", notifications.notice_settings, name="notice_settings"),
    path("konsol/vagt/", notifications.duty, name="duty"),
    path("konsol/vagt/<int:pk>/slut/", notifications.end_duty, name="end_duty"),
    path("konsol/", console.console, name="console"),
    path("konsol/koe/<slug:code>/", console.console, name="queue"),
    path(_MANY + "tag/", many.Take.as_view(), name="take_many"),
    path(_MANY + "tildeling/", many.Assign.as_view(), name="assign_many"),
    path(_MANY + "koe/", many.Move.as_view(), name="move_many"),
    path(_MANY + "prioritet/", many.Priority.as_view(), name="set_priority_many"),
    path(_MANY + "note/", many.Note.as_view(), name="note_many"),
    path(_WORK, console.console_ticket, name="console_ticket"),
    path(_WORK + "naeste/", console.neighbour, {"find": workload.following}, name="next"),
    path(_WORK + "forrige/", console.neighbour, {"find": workload.preceding}, name="previous"),
    path(_WORK + "tag/", agent.Take.as_view(), name="take"),
    path(_WORK + "tildeling/", agent.Assign.as_view(), name="assign"),
    path(_WORK + "koe/", agent.Move.as_view(), name="move"),
    path(_WORK + "prioritet/", agent.Priority.as_view(), name="priority"),
    path(_WORK + "ventetid/", agent.Wait.as_view(), name="wait"),
    path(_WORK + "genoptagelse/", agent.Resume.as_view(), name="resume"),
    path(_WORK + "svar/", agent.Reply.as_view(), name="reply"),
    path(_WORK + "note/", agent.Note.as_view(), name="note"),
    path(_WORK + "loesning/", agent.Resolve.as_view(), name="resolve"),
    path(_WORK + "annullering/", agent.Cancel.as_view(), name="cancel"),
    path(_WORK + "tid/", agent.RegisterTime.as_view(), name="time"),
    path(_WORK + "samling/", agent.Merge.as_view(), name="merge"),
    path(_WORK + "ur/", sla.VoidClock.as_view(), name="void_clock"),
    path(_WORK + "haendelse/", incidents.LinkIncident.as_view(), name="link_incident"),
    path("konsol/haendelse/<int:pk>/", incidents.incident, name="incident"),
    path("konsol/haendelse/<int:pk>/slut/", incidents.end_incident, name="end_incident"),
    path("konsol/ure/", sla.clocks, name="clocks"),
    path("konsol/ure/igen/", sla.try_clocks_again, name="try_clocks_again"),
    path("konsol/ure/fortael-igen/", sla.tell_again, name="tell_again"),
]
