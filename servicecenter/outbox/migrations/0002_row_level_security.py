from django.db import migrations

from servicecenter.tenancy.rls import open_to_worker, protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [
        protect("outbox_mail"),
        protect("outbox_mailfile"),
        same_tenant("outbox_mailfile", "mail_id", "outbox_mail"),
        open_to_worker("outbox_mail", "SELECT", "UPDATE"),
        open_to_worker("outbox_mailfile", "SELECT", "DELETE"),
    ]
