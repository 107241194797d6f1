"""Migration operations that let PostgreSQL itself keep municipalities apart.

Every table with a `municipality_id` gets one of these policies; a test over the catalogue finds a table without.
"""

from django.conf import settings
from django.db import migrations

# Evaluated once per statement. Without the outer cast `= ANY ((SELECT ...))` would be a sub-query; with the cast only
# outside, the text would be parsed again for every row. A setting that has ended reads as '', hence NULLIF.
SCOPE = "(SELECT NULLIF(current_setting('app.municipalities', true), '')::bigint[])::bigint[]"
IN_SCOPE = f"municipality_id = ANY ({SCOPE})"
ANY_SCOPE = f"({SCOPE}) IS NOT NULL"
READER = "(SELECT NULLIF(current_setting('app.user', true), '')::bigint)"
OF_OPERATOR = "municipality_id IN (SELECT id FROM municipalities_municipality WHERE kind = 'operator')"

# What may be read beyond the own scope. Writing is always within it.
READABLE = {
    "own": None,
    "totals": ANY_SCOPE,
    "people": f"id = {READER} OR ({ANY_SCOPE} AND {OF_OPERATOR})",
    "joint_lines": f"{ANY_SCOPE} AND {OF_OPERATOR}",
}


def protect(table: str, readable: str = "own") -> migrations.RunSQL:
    """Row-level security on `table`; `readable` names an entry of READABLE."""
    extra = READABLE[readable]
    sql = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} FOR ALL USING ({IN_SCOPE}) WITH CHECK ({IN_SCOPE})",
    ]
    undo = [f"DROP POLICY tenant ON {table}"]
    if extra:
        sql.append(f"CREATE POLICY readable ON {table} FOR SELECT USING ({extra})")
        undo.append(f"DROP POLICY readable ON {table}")
    undo += [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"]
    return migrations.RunSQL(";".join(sql), ";".join(undo))


def open_to_worker(table: str, *commands: str) -> migrations.RunSQL:
    """Let the worker role see all rows of a timer or outbox table; nothing else crosses tenants."""
    role = settings.DATABASE_ROLE_NAMES["worker"]
    sql, undo = [], []
    for command in commands:
        clause = "WITH CHECK (true)" if command == "INSERT" else "USING (true)"
        sql.append(f'CREATE POLICY worker_{command.lower()} ON {table} FOR {command} TO "{role}" {clause}')
        undo.append(f"DROP POLICY worker_{command.lower()} ON {table}")
    return migrations.RunSQL(";".join(sql), ";".join(undo))


def same_tenant(child: str, column: str, parent: str) -> migrations.RunSQL:
    """A foreign key that cannot point into another municipality (plain ones are checked without policies)."""
    name = f"{child}_{column}_same_tenant"
    return migrations.RunSQL(
        f"ALTER TABLE {child} ADD CONSTRAINT {name} FOREIGN KEY (municipality_id, {column})"
        f" REFERENCES {parent} (municipality_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {child} DROP CONSTRAINT {name}",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Refuse to change, delete or empty, for the owner too."""
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();"
        f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table}",
    )
