"""Corrections are kept like the months they are booked in, and the ledger is chained by hash.

Lines are linked within their month, in batches like audit entries (servicecenter.audit.chain). Closing a month links
what is left of it and then seals the month: one hash over its state, its lines with their assignment, quantities,
amounts and corrections, and the seal of the month closed before.
"""

from importlib import import_module

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect

before = import_module("billing.migrations.0003_frozen_periods")

# What was posted; who shares it may change until the month is approved, and stands in the month's own seal.
LINE = """
CREATE FUNCTION billing_line_content(line billing_ledgerline) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_array(line.id, line.period_id, line.corrects_id, line.source, line.external_id, line.digest,
        line.document_ref, line.vendor, line.account, line.contract, line.booked_on - date '2000-01-01',
        line.amount_ore, line.vat_ore, line.text, line.batch_id)::text
$$
"""
SEAL_LINES = """
CREATE FUNCTION billing_seal_lines(wanted bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    last_number bigint := 0;
    last_sha256 text := '';
    sealed integer := 0;
    line billing_ledgerline;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('billing_seal_lines'), wanted::int);
    SELECT number, sha256 INTO last_number, last_sha256
        FROM billing_lineseal WHERE period_id = wanted ORDER BY number DESC LIMIT 1;
    FOR line IN
        SELECT l.* FROM billing_ledgerline l WHERE l.period_id = wanted
            AND NOT EXISTS (SELECT FROM billing_lineseal s WHERE s.line_id = l.id) ORDER BY l.id
    LOOP
        last_number := COALESCE(last_number, 0) + 1;
        last_sha256 := chain_link(COALESCE(last_sha256, ''), billing_line_content(line));
        INSERT INTO billing_lineseal (period_id, line_id, number, sha256)
            VALUES (wanted, line.id, last_number, last_sha256);
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$
"""
PERIOD = """
CREATE FUNCTION billing_period_content(wanted bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(
        (SELECT jsonb_build_array(id, month - date '2000-01-01', state, calculated_by_id, approved_by_id, closed_by_id,
            (extract(epoch FROM calculated_at) * 1000000)::bigint, (extract(epoch FROM approved_at) * 1000000)::bigint,
            (extract(epoch FROM closed_at) * 1000000)::bigint) FROM billing_period WHERE id = wanted),
        (SELECT sha256 FROM billing_lineseal WHERE period_id = wanted ORDER BY number DESC LIMIT 1),
        (SELECT chain_link('', string_agg(jsonb_build_array(id, pool_id, municipality_id, correction_id)::text, ' '
            ORDER BY id)) FROM billing_ledgerline WHERE period_id = wanted),
        (SELECT chain_link('', string_agg(jsonb_build_array(id, sha256, engine_version, ledger_ore, allocated_ore,
            unallocated_ore, unassigned_count, is_current)::text, ' ' ORDER BY id))
            FROM billing_run WHERE period_id = wanted),
        (SELECT chain_link('', string_agg(s.id || ' ' || s.run_id || ' ' || s.content::text, ' ' ORDER BY s.id))
            FROM billing_snapshot s JOIN billing_run r ON r.id = s.run_id WHERE r.period_id = wanted),
        (SELECT chain_link('', string_agg(jsonb_build_array(id, municipality_id, run_id, pool_id, share, amount_ore,
            rounding, is_tied)::text, ' ' ORDER BY id)) FROM billing_allocation WHERE period_id = wanted),
        (SELECT chain_link('', string_agg(jsonb_build_array(id, municipality_id, driver_id, value, digest, source)::text,
            ' ' ORDER BY id)) FROM billing_drivervalue WHERE period_id = wanted),
        (SELECT chain_link('', string_agg(e.id || ' ' || e.digest || ' ' || e.content::text, ' ' ORDER BY e.id))
            FROM billing_driverevidence e JOIN billing_drivervalue v ON v.id = e.value_id WHERE v.period_id = wanted),
        (SELECT chain_link('', string_agg(jsonb_build_array(a.id, a.municipality_id, a.pool_id, a.amount_ore, c.id,
            c.corrected_id, c.reason, c.sha256)::text, ' ' ORDER BY a.id))
            FROM billing_correctionamount a JOIN billing_correction c ON c.id = a.correction_id
            WHERE a.period_id = wanted),
        (SELECT chain_link('', string_agg(s.id || ' ' || s.content::text, ' ' ORDER BY s.id))
            FROM billing_correctionsnapshot s JOIN billing_correction c ON c.id = s.correction_id
            WHERE c.period_id = wanted)
    )::text
$$
"""
SEAL_PERIOD = """
CREATE FUNCTION billing_seal_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_number bigint := 0;
    last_sha256 text := '';
BEGIN
    PERFORM billing_seal_lines(NEW.id);
    PERFORM pg_advisory_xact_lock(hashtext('billing_seal_period'), 0);
    SELECT number, sha256 INTO last_number, last_sha256 FROM billing_periodseal ORDER BY number DESC LIMIT 1;
    INSERT INTO billing_periodseal (period_id, number, sha256, sealed_at) VALUES (NEW.id, COALESCE(last_number, 0) + 1,
        chain_link(COALESCE(last_sha256, ''), billing_period_content(NEW.id)), date_trunc('second', now()));
    RETURN NULL;
END $$
"""
# A late line stands outside the month's run: the corrections booked in the month carry it, to the øre.
CHECK_SUMS = """
CREATE OR REPLACE FUNCTION billing_check_sums(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    posted numeric;
    carried numeric;
BEGIN
    SELECT COALESCE(sum(amount_ore), 0) INTO posted FROM billing_ledgerline
        WHERE period_id = wanted AND corrects_id IS NULL;
    SELECT COALESCE(sum(a.amount_ore), 0) INTO carried
        FROM billing_allocation a JOIN billing_run r ON r.id = a.run_id AND r.is_current WHERE r.period_id = wanted;
    IF posted <> carried THEN
        RAISE EXCEPTION 'period %: % øre posted, % øre allocated', wanted, posted, carried USING ERRCODE = 'check_violation';
    END IF;
    SELECT COALESCE(sum(amount_ore), 0) INTO posted FROM billing_ledgerline
        WHERE period_id = wanted AND corrects_id IS NOT NULL;
    SELECT COALESCE(sum(amount_ore), 0) INTO carried FROM billing_correctionamount WHERE period_id = wanted;
    IF posted <> carried THEN
        RAISE EXCEPTION 'period %: % øre posted late, % øre corrected', wanted, posted, carried
            USING ERRCODE = 'check_violation';
    END IF;
END $$
"""
# Evidence has no period of its own; it is as frozen as the value it belongs to.
EVIDENCE = """
CREATE FUNCTION billing_refuse_frozen_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_state text;
BEGIN
    SELECT p.state INTO found_state FROM billing_period p JOIN billing_drivervalue v ON v.period_id = p.id
        WHERE v.id = NEW.value_id FOR SHARE OF p;
    IF found_state IN ('approved', 'closed') THEN
        RAISE EXCEPTION 'period is %: % on % is refused', found_state, TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
SNAPSHOT = (
    EVIDENCE.replace("billing_refuse_frozen_evidence", "billing_refuse_frozen_snapshot")
    .replace("billing_drivervalue v ON v.period_id", "billing_run v ON v.period_id")
    .replace("NEW.value_id", "NEW.run_id")
)
ASSIGNMENT = before.columns(["pool_id", "municipality_id", "assigned_by_id", "correction_id"])


def function(body, signature):
    return migrations.RunSQL(body, f"DROP FUNCTION {signature}")


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_corrections_and_seals"), ("audit", "0005_chain")]
    operations = [
        protect("billing_drivercorrection", readable="totals"),
        protect("billing_correctionamount", readable="totals"),
        protect("billing_correctionsnapshot"),
        append_only("billing_drivercorrection"),
        append_only("billing_correction"),
        append_only("billing_correctionamount"),
        append_only("billing_correctionsnapshot"),
        append_only("billing_lineseal"),
        append_only("billing_periodseal"),
        *(
            before.trigger("frozen_period", table, "INSERT", "billing_refuse_frozen()")
            for table in ("correction", "correctionamount")
        ),
        function(EVIDENCE, "billing_refuse_frozen_evidence()"),
        before.trigger("frozen_period", "driverevidence", "INSERT", "billing_refuse_frozen_evidence()"),
        function(SNAPSHOT, "billing_refuse_frozen_snapshot()"),
        before.trigger("frozen_period", "snapshot", "INSERT", "billing_refuse_frozen_snapshot()"),
        migrations.RunSQL(
            "DROP TRIGGER change_only ON billing_ledgerline;"
            "CREATE TRIGGER change_only BEFORE UPDATE OR DELETE ON billing_ledgerline FOR EACH ROW"
            f" EXECUTE FUNCTION billing_change_only({ASSIGNMENT})",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(CHECK_SUMS, before.CHECK_SUMS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
        function(LINE, "billing_line_content(billing_ledgerline)"),
        function(SEAL_LINES, "billing_seal_lines(bigint)"),
        function(PERIOD, "billing_period_content(bigint)"),
        function(SEAL_PERIOD, "billing_seal_period()"),
        migrations.RunSQL(
            "CREATE TRIGGER sealed AFTER UPDATE ON billing_period FOR EACH ROW"
            " WHEN (NEW.state = 'closed' AND OLD.state = 'approved') EXECUTE FUNCTION billing_seal_period()",
            "DROP TRIGGER sealed ON billing_period",
        ),
    ]
