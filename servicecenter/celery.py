import os
import sys

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicecenter.settings")

app = Celery("servicecenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_escaping_role(**kwargs):
    """Celery logs what a receiver raises and goes on; only SystemExit ends the worker."""
    from django.core.exceptions import ImproperlyConfigured

    from servicecenter.tenancy.checks import refuse_escaping_role

    try:
        refuse_escaping_role()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
