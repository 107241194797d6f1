"""Who reads the new tables, and triggers that keep a closed month as it was, for the owner of the tables too."""

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant

TOTALS = ["levelfigure", "frozenfigure", "equalityverdict", "frozenverdict", "phonefigure"]

# What is frozen comes in while its month is being closed, and never after.
KEEP_FROZEN = """
CREATE FUNCTION tickets_keep_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM tickets_levelmonth WHERE month = NEW.month AND closed_at IS NULL FOR SHARE;
        IF FOUND THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'service levels are closed: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
KEEP_MONTH = """
CREATE FUNCTION tickets_keep_level_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.closed_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL
       AND (to_jsonb(NEW) - 'closed_at') = (to_jsonb(OLD) - 'closed_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a month of service levels is only ever closed: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""
# Decided beforehand: a margin counts from months that are still open.
MARGIN_AHEAD = """
CREATE FUNCTION tickets_margin_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM tickets_levelmonth WHERE month >= NEW.valid_from) THEN
        RAISE EXCEPTION 'a closed month is judged by its own margin: INSERT from % is refused', NEW.valid_from
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
FUNCTIONS = {
    "tickets_keep_frozen()": KEEP_FROZEN,
    "tickets_keep_level_month()": KEEP_MONTH,
    "tickets_margin_ahead()": MARGIN_AHEAD,
}


def trigger(name, table, events, function, level="ROW"):
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE {events} ON tickets_{table} FOR EACH {level} EXECUTE FUNCTION {function}",
        f"DROP TRIGGER {name} ON tickets_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_levels")]
    operations = [
        *(protect(f"tickets_{table}", readable="totals") for table in TOTALS),
        *(protect(f"tickets_{table}") for table in ("visit", "rating")),
        *(same_tenant(f"tickets_{table}", "ticket_id", "tickets_ticket") for table in ("visit", "rating")),
        same_tenant("tickets_visit", "site_id", "municipalities_site"),
        *(migrations.RunSQL(body, f"DROP FUNCTION {name}") for name, body in FUNCTIONS.items()),
        *(
            trigger("frozen", table, "INSERT OR UPDATE OR DELETE", "tickets_keep_frozen()")
            for table in ("frozenfigure", "frozenverdict")
        ),
        trigger("kept", "levelmonth", "INSERT OR UPDATE OR DELETE", "tickets_keep_level_month()"),
        trigger("ahead", "equalitymargin", "INSERT", "tickets_margin_ahead()"),
        append_only("tickets_equalitymargin"),
        *(
            trigger("never_truncated", table, "TRUNCATE", "refuse_change()", level="STATEMENT")
            for table in ("frozenfigure", "frozenverdict", "levelmonth")
        ),
    ]
