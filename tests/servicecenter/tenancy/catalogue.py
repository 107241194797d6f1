"""What the catalogue of PostgreSQL says about the protection of the tables."""

from django.apps import apps
from django.db import connection

UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'municipality_id'
  AND NOT a.attisdropped AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
       OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'))
ORDER BY 1
"""
SHOWING_ALL = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm'
  OR (relkind = 'v' AND NOT coalesce(reloptions::text LIKE '%%security_invoker=true%%', false)))
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
"""
PLAIN_KEYS_BETWEEN_TENANT_TABLES = """
WITH owned AS (
    SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attname = 'municipality_id' AND NOT a.attisdropped
), key AS (
    SELECT con.conrelid, con.confrelid, array_agg(att.attname::text ORDER BY att.attname) AS columns
    FROM pg_constraint con JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attnum = ANY (con.conkey)
    WHERE con.contype = 'f' AND con.conrelid IN (SELECT oid FROM owned) AND con.confrelid IN (SELECT oid FROM owned)
    GROUP BY con.oid, con.conrelid, con.confrelid
)
SELECT conrelid::regclass::text, columns[1] FROM key AS plain WHERE cardinality(columns) = 1
  AND NOT EXISTS (SELECT FROM key AS pair WHERE pair.conrelid = plain.conrelid AND pair.confrelid = plain.confrelid
                  AND cardinality(pair.columns) = 2 AND plain.columns <@ pair.columns)
ORDER BY 1, 2
"""
# Keys to the person who acts are plain: staff of the shared centre act on every municipality's rows, and hear of them.
ACTORS = {
    "assignee_id",
    "author_id",
    "actor_id",
    "agent_id",
    "uploaded_by_id",
    "created_by_id",
    "assigned_by_id",
    "measured_by_id",
    "entered_by_id",
    "cancelled_by_id",
    "recipient_id",
    "issued_by_id",
}


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def owned_models():
    return [model for model in apps.get_models() if any(f.name == "municipality" for f in model._meta.concrete_fields)]
