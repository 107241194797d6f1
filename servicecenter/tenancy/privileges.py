"""What the application, worker and backup roles may do, granted anew after each migration."""

from django.conf import settings
from django.db import connections

READ_ONLY_FOR_APP = ("django_migrations", "django_content_type", "auth_permission")


def grant_after_migrate(using, **kwargs):
    app, worker, backup = (f'"{settings.DATABASE_ROLE_NAMES[role]}"' for role in ("app", "worker", "backup"))
    with connections[using].cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {app}, {worker}, {backup}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}, {worker}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}, {worker}")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {backup}")
        cursor.execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {backup}")
        for table in READ_ONLY_FOR_APP:
            cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {app}, {worker}")
