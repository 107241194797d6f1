import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicecenter.settings")
application = get_wsgi_application()

from servicecenter.tenancy.checks import refuse_escaping_role  # noqa: E402  after the apps are loaded

refuse_escaping_role()
