from importlib import import_module

from django.db import migrations

from servicecenter.tenancy.rls import protect, same_tenant

before = import_module("billing.migrations.0003_frozen_periods")
chain = import_module("billing.migrations.0007_chain_and_corrections")

# Months that were sealed before there were parts have none, and their text stays as it was.
PARTS = """
    )::text || COALESCE((SELECT chain_link('', string_agg(jsonb_build_array(id, municipality_id, value_id,
        first - date '2000-01-01', "end" - date '2000-01-01', amount, digest)::text, ' ' ORDER BY id))
        FROM billing_driverpart WHERE period_id = wanted), '')
$$
"""
WITH_PARTS = chain.PERIOD.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace("\n    )::text\n$$\n", PARTS)


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_driver_parts")]
    operations = [
        protect("billing_driverpart", readable="totals"),
        same_tenant("billing_driverpart", "value_id", "billing_drivervalue"),
        before.trigger("frozen_period", "driverpart", "INSERT OR UPDATE OR DELETE", "billing_refuse_frozen()"),
        before.trigger("never_truncated", "driverpart", "TRUNCATE", "refuse_change()", level="STATEMENT"),
        migrations.RunSQL(WITH_PARTS, chain.PERIOD.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
    ]
