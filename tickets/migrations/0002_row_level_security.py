from django.db import migrations

from servicecenter.tenancy.rls import append_only, open_to_worker, protect, same_tenant

OWNED = ["ticket", "message", "attachment", "event", "timeentry", "clock", "clockeffect"]
CHILDREN = ["message", "attachment", "event", "timeentry", "clock", "clockeffect"]
PERSON, SITE, TICKET = "municipalities_person", "municipalities_site", "tickets_ticket"


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("municipalities", "0002_row_level_security")]
    operations = [
        *(protect(f"tickets_{table}") for table in OWNED),
        *(same_tenant(f"tickets_{table}", "ticket_id", TICKET) for table in CHILDREN),
        same_tenant("tickets_attachment", "message_id", "tickets_message"),
        same_tenant(TICKET, "requester_id", PERSON),
        same_tenant(TICKET, "on_behalf_of_id", PERSON),
        same_tenant(TICKET, "site_id", SITE),
        same_tenant(TICKET, "follows_id", TICKET),
        same_tenant(TICKET, "merged_into_id", TICKET),
        append_only("tickets_event"),
        append_only("tickets_timeentry"),
        append_only("tickets_clockeffect"),
        # The worker claims due clocks of all municipalities and writes their effects; nothing else crosses tenants.
        open_to_worker("tickets_clock", "SELECT", "UPDATE"),
        open_to_worker("tickets_clockeffect", "SELECT", "INSERT"),
        # Dead entries of the partial index slow the claim, so this table is vacuumed early.
        migrations.RunSQL(
            "ALTER TABLE tickets_clock SET (autovacuum_vacuum_scale_factor = 0.02)",
            "ALTER TABLE tickets_clock RESET (autovacuum_vacuum_scale_factor)",
        ),
    ]
