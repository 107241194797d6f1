from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self):
        from municipalities.governance.kinds import register
        from tickets.levels.margin_proposals import MarginKind
        from tickets.sla.administration.agreement_proposals import AgreementKind
        from tickets.sla.administration.calendar_proposals import CalendarKind

        register(CalendarKind())
        register(AgreementKind())
        register(MarginKind())
