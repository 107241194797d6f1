import os
import sys

from celery import Celery
from celery.signals import worker_init, worker_process_init

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


@worker_process_init.connect
def run_every_second(**kwargs):
    """In each process of the pool, so that none depends on beat, on Redis or on another process."""
    from servicecenter import every_second

    every_second.begin()
