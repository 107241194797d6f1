from django.db import migrations

from servicecenter.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_figures")]
    operations = [
        protect("billing_servicefigure", readable="totals"),
        protect("billing_deskfigure", readable="totals"),
    ]
