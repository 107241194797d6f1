"""Entries chained by hash: each link holds sha256(link before, content), made by the database.

Sealing runs in batches, apart from the writing: the end of a chain can have only one writer at a time, and a sign-in
must not wait for an import. Two batches of one municipality wait for each other; nothing else does.
"""

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant

LINK = """
CREATE FUNCTION chain_link(before text, content text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(before || content, 'UTF8')), 'hex')
$$
"""
# Instants as microseconds, so that neither time zone nor date style of a session changes the text.
CONTENT = """
CREATE FUNCTION audit_entry_content(entry audit_auditentry) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_array(entry.id, entry.municipality_id, entry.actor_id,
        (extract(epoch FROM entry.at) * 1000000)::bigint, entry.action, entry.subject, entry.data)::text
$$
"""
# A transaction that runs long commits entries with lower ids than some that are sealed: looking back finds them.
SEAL = """
CREATE FUNCTION audit_seal_entries(wanted bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    last_number bigint := 0;
    last_sha256 text := '';
    looked_back bigint := 0;
    sealed integer := 0;
    entry audit_auditentry;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_seal'), wanted::int);
    SELECT number, sha256, entry_id - 100000 INTO last_number, last_sha256, looked_back
        FROM audit_auditseal WHERE municipality_id = wanted ORDER BY number DESC LIMIT 1;
    FOR entry IN
        SELECT e.* FROM audit_auditentry e WHERE e.municipality_id = wanted AND e.id > COALESCE(looked_back, 0)
            AND NOT EXISTS (SELECT FROM audit_auditseal s WHERE s.entry_id = e.id) ORDER BY e.id
    LOOP
        last_number := COALESCE(last_number, 0) + 1;
        last_sha256 := chain_link(COALESCE(last_sha256, ''), audit_entry_content(entry));
        INSERT INTO audit_auditseal (municipality_id, entry_id, number, sha256)
            VALUES (wanted, entry.id, last_number, last_sha256);
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_auditseal"), ("municipalities", "0002_row_level_security")]
    operations = [
        protect("audit_auditseal"),
        append_only("audit_auditseal"),
        same_tenant("audit_auditseal", "entry_id", "audit_auditentry"),
        migrations.RunSQL(LINK, "DROP FUNCTION chain_link(text, text)"),
        migrations.RunSQL(CONTENT, "DROP FUNCTION audit_entry_content(audit_auditentry)"),
        migrations.RunSQL(SEAL, "DROP FUNCTION audit_seal_entries(bigint)"),
    ]
