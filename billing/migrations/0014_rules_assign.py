"""The rule that assigned a line may be written as long as the assignment may."""

from importlib import import_module

from django.db import migrations

before = import_module("billing.migrations.0003_frozen_periods")
chain = import_module("billing.migrations.0007_chain_and_corrections")


def change_only(names):
    return (
        "DROP TRIGGER change_only ON billing_ledgerline;"
        "CREATE TRIGGER change_only BEFORE UPDATE OR DELETE ON billing_ledgerline FOR EACH ROW"
        f" EXECUTE FUNCTION billing_change_only({names})"
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_assignment_rules")]
    operations = [
        migrations.RunSQL(
            change_only(f"{chain.ASSIGNMENT}, {before.columns(['assigned_rule_id'])}"), change_only(chain.ASSIGNMENT)
        ),
    ]
