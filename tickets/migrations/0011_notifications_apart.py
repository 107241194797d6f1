from django.db import migrations

from servicecenter.tenancy.rls import open_to_worker, protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_notifications")]
    operations = [
        protect("tickets_occasion"),
        protect("tickets_notice"),
        # The choices of the shared centre's staff count in every municipality's matters.
        protect("tickets_noticesettings", readable="joint_lines"),
        same_tenant("tickets_occasion", "ticket_id", "tickets_ticket"),
        same_tenant("tickets_notice", "ticket_id", "tickets_ticket"),
        same_tenant("tickets_noticesettings", "person_id", "municipalities_person"),
        open_to_worker("tickets_occasion", "SELECT", "INSERT", "UPDATE", "DELETE"),
        open_to_worker("tickets_notice", "SELECT", "UPDATE"),
    ]
