from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "servicecenter.audit"
    label = "audit"
