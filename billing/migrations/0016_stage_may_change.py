from importlib import import_module

from django.db import migrations

before = import_module("billing.migrations.0003_frozen_periods")


def change_only(names):
    return (
        "DROP TRIGGER change_only ON billing_runrequest;"
        "CREATE TRIGGER change_only BEFORE UPDATE OR DELETE ON billing_runrequest FOR EACH ROW"
        f" EXECUTE FUNCTION billing_change_only({before.columns(names)})"
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_run_stage")]
    operations = [
        migrations.RunSQL(
            change_only([*before.CHANGEABLE["runrequest"], "stage"]), change_only(before.CHANGEABLE["runrequest"])
        ),
    ]
