from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_initial"), ("tenancy", "0001_refuse_change")]
    operations = [protect("audit_auditentry"), append_only("audit_auditentry")]
