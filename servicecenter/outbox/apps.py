from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "servicecenter.outbox"
    label = "outbox"

    def ready(self):
        from servicecenter.outbox import checks

        checks.register_all()
