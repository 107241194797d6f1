from django.apps import AppConfig


class MunicipalitiesConfig(AppConfig):
    name = "municipalities"

    def ready(self):
        from municipalities import password_reset  # noqa: F401  the outbox knows its mail from here
