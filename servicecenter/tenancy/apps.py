from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    name = "servicecenter.tenancy"
    label = "tenancy"

    def ready(self):
        from servicecenter.tenancy import checks, privileges

        checks.register_all()
        post_migrate.connect(privileges.grant_after_migrate, sender=self)
