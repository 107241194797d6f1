"""Triggers that keep an approved or closed period as it was, for the owner of the tables too."""

from django.db import migrations

# A write locks its period row (shared), so posting and approving cannot cross.
REFUSE_FROZEN = """
CREATE FUNCTION billing_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
    found_state text;
BEGIN
    FOREACH wanted IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.period_id] WHEN 'DELETE' THEN ARRAY[OLD.period_id]
        ELSE ARRAY[OLD.period_id, NEW.period_id] END
    LOOP
        SELECT state INTO found_state FROM billing_period WHERE id = wanted FOR SHARE;
        IF found_state IN ('approved', 'closed') THEN
            RAISE EXCEPTION 'period % is %: % on % is refused', wanted, found_state, TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN COALESCE(NEW, OLD);
END $$
"""
FROZEN_TABLES = ["ledgerline", "drivervalue", "run", "allocation"]

# Which columns of a row may change; everything else stays as it was written.
CHANGE_ONLY = """
CREATE FUNCTION billing_change_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (to_jsonb(NEW) - TG_ARGV) <> (to_jsonb(OLD) - TG_ARGV) THEN
        RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
CHANGEABLE = {
    "ledgerline": ["pool_id", "municipality_id", "assigned_by_id"],
    "run": ["is_current"],
    "runrequest": ["leased_until", "attempts", "settled_at", "run_id", "fault"],
}

FORWARD = """
CREATE FUNCTION billing_period_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states CONSTANT text[] := ARRAY['open', 'calculated', 'approved', 'closed'];
    step int;
    mine CONSTANT text[] := ARRAY[
        'state', NEW.state || '_by_id', NEW.state || '_at'];
BEGIN
    step := array_position(states, NEW.state) - array_position(states, OLD.state);
    IF step NOT IN (0, 1) OR (step = 0 AND NEW.state <> 'calculated' AND NEW IS DISTINCT FROM OLD)
       OR (to_jsonb(NEW) - mine) <> (to_jsonb(OLD) - mine) THEN
        RAISE EXCEPTION 'period % goes forward only: % to % is refused', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF step = 1 AND NEW.state IN ('approved', 'closed') THEN
        PERFORM billing_check_sums(NEW.id);
    END IF;
    RETURN NEW;
END $$
"""
CHECK_SUMS = """
CREATE FUNCTION billing_check_sums(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    posted numeric;
    carried numeric;
BEGIN
    SELECT COALESCE(sum(amount_ore), 0) INTO posted FROM billing_ledgerline WHERE period_id = wanted;
    SELECT COALESCE(sum(a.amount_ore), 0) INTO carried
        FROM billing_allocation a JOIN billing_run r ON r.id = a.run_id AND r.is_current WHERE r.period_id = wanted;
    IF posted <> carried THEN
        RAISE EXCEPTION 'period %: % øre posted, % øre allocated', wanted, posted, carried USING ERRCODE = 'check_violation';
    END IF;
END $$
"""
NEVER_DELETED = """
CREATE FUNCTION billing_period_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'open' OR TG_OP = 'DELETE' AND OLD.state <> 'open' THEN
        RAISE EXCEPTION 'period: % in another state than open is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$
"""

# Keys and participations that counted in an approved or closed month: only their end may move, and only after it.
REFUSE_PAST = """
CREATE FUNCTION billing_refuse_past() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first date;
    finish date;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to') THEN
        first := LEAST(COALESCE(NEW.valid_to, 'infinity'), COALESCE(OLD.valid_to, 'infinity'));
        finish := GREATEST(COALESCE(NEW.valid_to, 'infinity'), COALESCE(OLD.valid_to, 'infinity'));
    ELSIF TG_OP = 'INSERT' THEN
        first := NEW.valid_from;
        finish := COALESCE(NEW.valid_to, 'infinity');
    ELSIF TG_OP = 'DELETE' THEN
        first := OLD.valid_from;
        finish := COALESCE(OLD.valid_to, 'infinity');
    ELSE
        first := LEAST(NEW.valid_from, OLD.valid_from);
        finish := GREATEST(COALESCE(NEW.valid_to, 'infinity'), COALESCE(OLD.valid_to, 'infinity'));
    END IF;
    IF EXISTS (
        SELECT 1 FROM billing_period WHERE state IN ('approved', 'closed')
        AND month < finish AND (month + interval '1 month') > first
    ) THEN
        RAISE EXCEPTION 'an approved period rests on it: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$
"""

FUNCTIONS = {
    "billing_refuse_frozen()": REFUSE_FROZEN,
    "billing_change_only()": CHANGE_ONLY,
    "billing_check_sums(bigint)": CHECK_SUMS,
    "billing_period_forward()": FORWARD,
    "billing_period_kept()": NEVER_DELETED,
    "billing_refuse_past()": REFUSE_PAST,
}


def trigger(name, table, events, function, level="ROW"):
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE {events} ON billing_{table} FOR EACH {level} EXECUTE FUNCTION {function}",
        f"DROP TRIGGER {name} ON billing_{table}",
    )


def columns(names):
    return ", ".join(f"'{name}'" for name in names)


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_row_level_security")]
    operations = [
        *(migrations.RunSQL(body, f"DROP FUNCTION {name}") for name, body in FUNCTIONS.items()),
        *(
            trigger("frozen_period", table, "INSERT OR UPDATE OR DELETE", "billing_refuse_frozen()")
            for table in FROZEN_TABLES
        ),
        *(
            trigger("change_only", table, "UPDATE OR DELETE", f"billing_change_only({columns(names)})")
            for table, names in CHANGEABLE.items()
        ),
        trigger("forward", "period", "UPDATE", "billing_period_forward()"),
        trigger("kept", "period", "INSERT OR DELETE", "billing_period_kept()"),
        *(
            trigger("past", table, "INSERT OR UPDATE OR DELETE", "billing_refuse_past()")
            for table in ("keyversion", "participation")
        ),
        *(
            trigger("never_truncated", table, "TRUNCATE", "refuse_change()", level="STATEMENT")
            for table in ("ledgerline", "drivervalue", "run", "period", "keyversion", "participation")
        ),
    ]
