from importlib import import_module

from django.db import migrations

before = import_module("billing.migrations.0003_frozen_periods")
chain = import_module("billing.migrations.0007_chain_and_corrections")
parts = import_module("billing.migrations.0009_driver_parts_protected")

# What a pool receives stands once and for all; it ends with its giving. No pool gives to itself.
GIVEN_PART = """
CREATE FUNCTION billing_given_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of billing_giving;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO of FROM billing_giving WHERE id = NEW.giving_id;
    IF of.giver_id = NEW.receiver_id THEN
        RAISE EXCEPTION 'pool % gives to itself', of.giver_id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM billing_period WHERE state IN ('approved', 'closed')
        AND month < COALESCE(of.valid_to, 'infinity') AND month >= of.valid_from
    ) THEN
        RAISE EXCEPTION 'an approved period rests on it: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

# Every pool by itself: posted + received = given + carried. The sum over all pools is checked before it.
POOL_SUMS = """
    SELECT string_agg(pool || ': ' || own || ' + ' || got || ' - ' || gave || ' <> ' || carried_ore, ', ')
    INTO faults FROM (
        SELECT p.code AS pool,
            COALESCE((SELECT sum(l.amount_ore) FROM billing_ledgerline l JOIN municipalities_municipality m
                ON m.id = l.municipality_id AND m.kind = 'operator'
                WHERE l.period_id = wanted AND l.pool_id = p.id AND l.corrects_id IS NULL), 0) AS own,
            COALESCE((SELECT sum(t.amount_ore) FROM billing_transfer t JOIN billing_run r
                ON r.id = t.run_id AND r.is_current WHERE t.period_id = wanted AND t.receiver_id = p.id), 0) AS got,
            COALESCE((SELECT sum(t.amount_ore) FROM billing_transfer t JOIN billing_run r
                ON r.id = t.run_id AND r.is_current WHERE t.period_id = wanted AND t.giver_id = p.id), 0) AS gave,
            COALESCE((SELECT sum(a.amount_ore) FROM billing_allocation a JOIN billing_run r
                ON r.id = a.run_id AND r.is_current WHERE a.period_id = wanted AND a.pool_id = p.id), 0) AS carried_ore
        FROM billing_pool p WHERE NOT p.is_direct
    ) AS sums WHERE own + got - gave <> carried_ore;
    IF faults IS NOT NULL THEN
        RAISE EXCEPTION 'period %: pools do not add up: %', wanted, faults USING ERRCODE = 'check_violation';
    END IF;
END $$
"""
CHECK_SUMS = chain.CHECK_SUMS.replace("    carried numeric;\n", "    carried numeric;\n    faults text;\n").replace(
    "END $$\n", POOL_SUMS.lstrip("\n")
)

# Months that were sealed before pools could give have no transfers, and their text stays as it was.
TRANSFERS = """
        FROM billing_driverpart WHERE period_id = wanted), '')
    || COALESCE((SELECT chain_link('', string_agg(jsonb_build_array(id, run_id, giver_id, receiver_id, share, amount_ore,
        rounding)::text, ' ' ORDER BY id)) FROM billing_transfer WHERE period_id = wanted), '')
$$
"""
WITH_TRANSFERS = parts.WITH_PARTS.replace(
    "\n        FROM billing_driverpart WHERE period_id = wanted), '')\n$$\n", TRANSFERS
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0023_giving_pools")]
    operations = [
        migrations.RunSQL(GIVEN_PART, "DROP FUNCTION billing_given_part()"),
        before.trigger("past", "giving", "INSERT OR UPDATE OR DELETE", "billing_refuse_past()"),
        before.trigger("kept", "givenpart", "INSERT OR UPDATE OR DELETE", "billing_given_part()"),
        before.trigger("frozen_period", "transfer", "INSERT OR UPDATE OR DELETE", "billing_refuse_frozen()"),
        before.trigger("change_only", "transfer", "UPDATE OR DELETE", "billing_change_only()"),
        *(
            before.trigger("never_truncated", table, "TRUNCATE", "refuse_change()", level="STATEMENT")
            for table in ("giving", "givenpart", "transfer")
        ),
        migrations.RunSQL(CHECK_SUMS, chain.CHECK_SUMS),
        migrations.RunSQL(WITH_TRANSFERS, parts.WITH_PARTS),
    ]
