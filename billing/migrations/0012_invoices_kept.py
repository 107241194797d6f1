"""Invoices are kept apart and kept for good: row-level security, numbers without gaps, nothing ever changed."""

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant

# The number is drawn where the invoice is written, so a transaction that fails leaves no gap.
NUMBER = """
CREATE FUNCTION billing_number_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_invoiceseries SET last_number = last_number + 1 WHERE id = NEW.series_id
        RETURNING last_number INTO NEW.number;
    RETURN NEW;
END $$
"""
SERIES = """
CREATE FUNCTION billing_series_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last_number = 0 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND NEW.year = OLD.year AND NEW.id = OLD.id
       AND NEW.last_number = OLD.last_number + 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'only a new invoice moves its series, by one: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""
ADDS_UP = """
CREATE FUNCTION billing_invoice_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint := CASE TG_TABLE_NAME WHEN 'billing_invoice' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'invoice_id')::bigint END;
    lines record;
    head record;
BEGIN
    SELECT net_ore, vat_ore INTO head FROM billing_invoice WHERE id = wanted;
    SELECT COALESCE(sum(net_ore), 0) AS net, COALESCE(sum(vat_ore), 0) AS vat INTO lines
        FROM billing_invoiceline WHERE invoice_id = wanted;
    IF lines.net <> head.net_ore OR lines.vat <> head.vat_ore THEN
        RAISE EXCEPTION 'invoice %: lines of % + % øre, but % + % øre in all', wanted, lines.net, lines.vat,
            head.net_ore, head.vat_ore USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
# A file goes forward only; what it is and to whom never changes.
DISPATCHED = "'state', 'attempts', 'next_at', 'leased_until', 'handed_over_at', 'receipt', 'receipt_at', 'fault'"


def function(body, name):
    return migrations.RunSQL(body, f"DROP FUNCTION {name}()")


def trigger(name, table, events, call):
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE {events} ON billing_{table} FOR EACH ROW EXECUTE FUNCTION {call}",
        f"DROP TRIGGER {name} ON billing_{table}",
    )


def adds_up(table):
    return migrations.RunSQL(
        f"CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON billing_{table} DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION billing_invoice_adds_up()",
        f"DROP TRIGGER adds_up ON billing_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_invoices")]
    operations = [
        *(
            protect(f"billing_{table}")
            for table in (
                "invoiceparty", "accountstring", "invoice", "invoiceline", "invoicefile", "invoicedispatch",
            )
        ),
        *(
            same_tenant(f"billing_{table}", "invoice_id", "billing_invoice")
            for table in ("invoiceline", "invoicefile", "invoicedispatch")
        ),
        same_tenant("billing_invoice", "preceding_id", "billing_invoice"),
        function(NUMBER, "billing_number_invoice"),
        function(SERIES, "billing_series_moves"),
        function(ADDS_UP, "billing_invoice_adds_up"),
        trigger("numbered", "invoice", "INSERT", "billing_number_invoice()"),
        trigger("moves", "invoiceseries", "INSERT OR UPDATE OR DELETE", "billing_series_moves()"),
        trigger("change_only", "invoicedispatch", "UPDATE OR DELETE", f"billing_change_only({DISPATCHED})"),
        *(append_only(f"billing_{table}") for table in ("invoice", "invoiceline", "invoicefile")),
        *(adds_up(table) for table in ("invoice", "invoiceline")),
    ]  # fmt: skip
