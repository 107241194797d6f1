from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("municipalities", "0002_row_level_security"),
        ("tenancy", "0001_refuse_change"),
    ]
    operations = [
        protect("billing_participation", readable="totals"),
        protect("billing_drivervalue", readable="totals"),
        protect("billing_allocation", readable="totals"),
        protect("billing_ledgerline", readable="joint_lines"),
        protect("billing_driverevidence"),
        protect("billing_snapshot"),
        protect("billing_upload"),
        same_tenant("billing_driverevidence", "value_id", "billing_drivervalue"),
        append_only("billing_driverevidence"),
        append_only("billing_snapshot"),
        append_only("billing_allocation"),
        append_only("billing_importbatch"),
    ]
