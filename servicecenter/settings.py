"""One file, read from the environment. What is missing or wrong stops the start with one sentence on what to do."""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from servicecenter.local import addresses
from servicecenter.outbox.server import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

IS_EMBEDDED = "DATABASE_URL" not in env.ENVIRON
LOCAL_SECRET_KEY = "local-only-0123456789-not-for-a-real-server-abcdefghij"  # noqa: S105
SECRET_KEY = env("SECRET_KEY", default=LOCAL_SECRET_KEY if IS_EMBEDDED else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to 50 random characters; DATABASE_URL names a real server.")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if IS_EMBEDDED else [])
HTTPS = env.bool("HTTPS", default=not IS_EMBEDDED)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- database: one server, four roles; a process connects as `app` or, a Celery worker, as `worker` ---
ROLE_VARIABLES = {
    "app": "DATABASE_URL",
    "worker": "DATABASE_WORKER_URL",
    "owner": "DATABASE_OWNER_URL",
    "backup": "DATABASE_BACKUP_URL",
}


def _database_urls() -> dict[str, str]:
    if IS_EMBEDDED:
        return addresses.embedded_urls(BASE_DIR)
    missing = [name for name in ROLE_VARIABLES.values() if name not in env.ENVIRON]
    if missing:
        raise ImproperlyConfigured(
            f"DATABASE_URL is set, so set {', '.join(missing)} too (see manage.py create_roles)."
        )
    return {name: env(name) for name in [*ROLE_VARIABLES.values(), "REDIS_URL"] if name in env.ENVIRON}


_urls = _database_urls()
REDIS_URL = env("REDIS_URL", default=_urls.get("REDIS_URL", ""))
if not REDIS_URL:
    raise ImproperlyConfigured("Set REDIS_URL to the address of a Redis server, for example redis://127.0.0.1:6379/0.")


def _database(role: str) -> dict:
    url = urlsplit(_urls[ROLE_VARIABLES[role]])
    if url.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"{ROLE_VARIABLES[role]} must begin with postgresql://.")
    options = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": role != "owner",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASE_ROLE = env("DATABASE_ROLE", default="app")
if DATABASE_ROLE not in ("app", "worker", "owner"):
    raise ImproperlyConfigured("DATABASE_ROLE must be app (web), worker (Celery) or owner (migrations, bulk loads).")
DATABASE_ROLE_NAMES = {role: urlsplit(_urls[name]).username for role, name in ROLE_VARIABLES.items()}
DATABASES = {"default": _database(DATABASE_ROLE), "owner": _database("owner")}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the house ---
TENANT_MODEL = "municipalities.Municipality"
AUTH_USER_MODEL = "municipalities.Person"
AUTHENTICATION_BACKENDS = ["municipalities.backends.MunicipalityBackend"]
ANONYMOUS_USER_NAME = None  # guardian's anonymous user is nobody's tenant
# Addresses are unique within a municipality; our own backend asks guardian's tables; axes guards the sign-in page.
SILENCED_SYSTEM_CHECKS = [
    "auth.W004", "guardian.W001", "axes.W001", "axes.W002", "axes.W003",
    "security.W021",  # a browser's preload list is for the owner of the domain to join, not for one desk in it
]  # fmt: skip
INSTALLED_APPS = [
    "servicecenter.tenancy",
    "servicecenter.audit",
    "servicecenter.ui",
    "servicecenter.outbox",
    "municipalities",  # before auth: its createsuperuser asks for the municipality
    "tickets",
    "billing",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.admin",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "guardian",
    "rest_framework",
    "knox",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "municipalities.middleware.LanguageMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "servicecenter.tenancy.middleware.TenancyMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "servicecenter.errors.RuleBrokenMiddleware",
]
ROOT_URLCONF = "servicecenter.urls"
WSGI_APPLICATION = "servicecenter.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "municipalities.context.desk",
                "servicecenter.menus.reports",
                "tickets.notifications.context.bell",
            ]
        },
    }
]
LOGIN_URL = "municipalities:login"
LOGIN_REDIRECT_URL = "tickets:home"
LOGOUT_REDIRECT_URL = "municipalities:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- language and time ---
LANGUAGE_CODE = "da"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "servicecenter" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Copenhagen"
TIME_SOURCE = env("TIME_SOURCE", default="servicecenter.time_source.database_now")

# --- files ---
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATICFILES_DIRS = [
    BASE_DIR / "servicecenter" / "static",
    ("dkfds", BASE_DIR / "node_modules" / "dkfds" / "dist"),
    ("htmx", BASE_DIR / "node_modules" / "htmx.org" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env("STATICFILES_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage")
    },
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = env("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media"))
SERVICE_TARGET_PERCENT = env.int("SERVICE_TARGET_PERCENT", default=90)  # promises kept, the line in the reports
ACCESSIBILITY_STATEMENT_URL = env("ACCESSIBILITY_STATEMENT_URL", default="")  # in the national register
REOPEN_OPEN_DAYS = env.int("REOPEN_OPEN_DAYS", default=10)  # how long a solved ticket may be reopened
LEDGER_MAX_BYTES = env.int("LEDGER_MAX_BYTES", default=20 * 1024 * 1024)
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=25 * 1024 * 1024)
FILE_UPLOAD_PERMISSIONS = 0o600

# --- e-invoices: handed to an access point of NemHandel by HTTP or in a folder (out/, receipts/); empty: downloads only
ACCESS_POINT_URL = env("ACCESS_POINT_URL", default="")
ACCESS_POINT_TOKEN = env("ACCESS_POINT_TOKEN", default="")
ACCESS_POINT_FOLDER = env("ACCESS_POINT_FOLDER", default="")

# --- security ---
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=9 * 3600)
SECURE_SSL_REDIRECT = SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Ten wrong passwords for one address from one place close the door for a quarter of an hour.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_ATTEMPTS", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "email"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["municipalities.tokens.PersonTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "servicecenter.errors.api_exception_handler",
}
REST_KNOX = {"AUTO_REFRESH": False, "TOKEN_MODEL": "knox.AuthToken"}
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105  a model, no password

# --- mail: rows of the outbox, sent by a worker of their own queue ---
_own_address = f"https://{next(iter(ALLOWED_HOSTS), 'localhost')}" if HTTPS else "http://127.0.0.1:8000"
DESK_URL = env("DESK_URL", default=_own_address).rstrip("/")  # what links in mails begin with
globals().update(mail_server(env("EMAIL_URL", default=f"smtp://127.0.0.1:{2525 if IS_EMBEDDED else 25}")))
EMAIL_BACKEND = "servicecenter.outbox.smtp.NullSenderBackend"
EMAIL_TIMEOUT = env.int("MAIL_TIMEOUT_SECONDS", default=20)
LOCAL_MAIL_FROM = "desk@localhost.localdomain"
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default=LOCAL_MAIL_FROM)
MAIL_RETURN_PATH = env("MAIL_RETURN_PATH", default="")  # empty is the null return path of automatic mail
MAIL_MAX_BYTES = env.int("MAIL_MAX_BYTES", default=15 * 1024 * 1024)
MAIL_KEEP_DAYS = env.int("MAIL_KEEP_DAYS", default=30)

# --- queue: the rows are the truth, Redis only wakes workers ---
CELERY_BROKER_URL = addresses.celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# A mail server that hangs must not hold up the clocks.
CELERY_TASK_ROUTES = {"servicecenter.outbox.tasks.send_mails": {"queue": "mail"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Redis may be away for as long as it likes
# In each worker process, besides the wake-ups below.
EVERY_SECOND = ["tickets.tasks.fire_due_clocks", "tickets.tasks.tell"]
CELERY_BEAT_SCHEDULE = {
    "fire-due-clocks": {"task": "tickets.tasks.fire_due_clocks", "schedule": 1.0, "options": {"expires": 5}},
    "close-solved": {"task": "tickets.tasks.close_solved", "schedule": 900.0, "options": {"expires": 900}},
    "fold-counts": {"task": "tickets.tasks.fold_counts", "schedule": 60.0, "options": {"expires": 60}},
    "replan-calendars": {"task": "tickets.tasks.replan_calendars", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-files": {"task": "tickets.tasks.sweep_files", "schedule": crontab(hour=2, minute=30)},
    "sweep-due-runs": {"task": "billing.tasks.sweep_runs", "schedule": 30.0, "options": {"expires": 30}},
    "send-mails": {"task": "servicecenter.outbox.tasks.send_mails", "schedule": 5.0, "options": {"expires": 5}},
    "erase-mails": {"task": "servicecenter.outbox.tasks.erase_mails", "schedule": 86400.0},
    "seal-chains": {"task": "billing.tasks.seal_chains", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-invoices": {"task": "billing.tasks.sweep_invoices", "schedule": 60.0, "options": {"expires": 60}},
    "send-reports": {"task": "billing.tasks.send_reports", "schedule": 300.0, "options": {"expires": 300}},
    "measure-service": {"task": "billing.tasks.measure_service", "schedule": 900.0, "options": {"expires": 900}},
    "measure-levels": {"task": "tickets.levels.tasks.measure_levels", "schedule": crontab(hour=2, minute=40)},
    "sweep-level-months": {
        "task": "tickets.levels.tasks.sweep_level_months",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": sys.stderr}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
}
