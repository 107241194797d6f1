from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self):
        from billing.giving.proposals import GivingKind
        from billing.keys.proposals import KeyKind
        from municipalities.governance.kinds import register

        register(KeyKind())
        register(GivingKind())
