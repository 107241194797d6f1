from django.db import migrations

from servicecenter.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_year")]
    operations = [
        protect("billing_budgetshare", readable="totals"),
        protect("billing_instalment", readable="totals"),
    ]
