"""Capacity is totals that all read; a trade stays as entered, and a frozen month takes none."""

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant


def frozen(table):
    return migrations.RunSQL(
        f"CREATE TRIGGER frozen_period BEFORE INSERT OR UPDATE OR DELETE ON billing_{table}"
        " FOR EACH ROW EXECUTE FUNCTION billing_refuse_frozen()",
        f"DROP TRIGGER frozen_period ON billing_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0017_capacity")]
    operations = [
        protect("billing_holding", readable="totals"),
        protect("billing_capacitytrade", readable="totals"),
        protect("billing_tradecancellation", readable="totals"),
        protect("billing_dependence", readable="totals"),
        same_tenant("billing_tradecancellation", "trade_id", "billing_capacitytrade"),
        append_only("billing_capacitytrade"),
        append_only("billing_tradecancellation"),
        *(frozen(table) for table in ("holding", "capacitytrade", "tradecancellation")),
    ]
