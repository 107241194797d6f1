from django.db import migrations

from servicecenter.tenancy.rls import protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [("municipalities", "0001_initial")]
    operations = [
        protect("municipalities_site"),
        protect("municipalities_person", readable="people"),
        same_tenant("municipalities_person", "site_id", "municipalities_site"),
    ]
