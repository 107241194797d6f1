from django.db import migrations, models

from servicecenter.tenancy.rls import protect
from tickets.status import ACTIVE, Status

STATUS = models.CharField(max_length=20, choices=Status)
PLACE = "municipality_id, queue_id, status, assignee_id IS NOT NULL"
COUNTED = "municipality_id, queue_id, status, is_assigned, number"

# Appending collides with nobody, so filing at the same moment neither waits nor deadlocks. A statement that moves many
# tickets appends one row for each place, not for each ticket; one that moves none (most saves) appends nothing.
COUNT = f"""
CREATE FUNCTION count_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tickets_queuecount ({COUNTED}) SELECT {PLACE}, count(*) FROM came GROUP BY 1, 2, 3, 4;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tickets_queuecount ({COUNTED}) SELECT {PLACE}, -count(*) FROM gone GROUP BY 1, 2, 3, 4;
    ELSIF TG_OP = 'TRUNCATE' THEN
        TRUNCATE tickets_queuecount;
    ELSE
        INSERT INTO tickets_queuecount ({COUNTED})
        SELECT municipality_id, queue_id, status, is_assigned, sum(step) FROM (
            SELECT municipality_id, queue_id, status, assignee_id IS NOT NULL AS is_assigned, 1 AS step FROM came
            UNION ALL
            SELECT municipality_id, queue_id, status, assignee_id IS NOT NULL, -1 FROM gone
        ) AS changed GROUP BY 1, 2, 3, 4 HAVING sum(step) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_came AFTER INSERT ON tickets_ticket REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION count_tickets();
CREATE TRIGGER count_gone AFTER DELETE ON tickets_ticket REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_tickets();
CREATE TRIGGER count_changed AFTER UPDATE ON tickets_ticket REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION count_tickets();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON tickets_ticket FOR EACH STATEMENT EXECUTE FUNCTION count_tickets();
"""  # noqa: S608
# In the transaction that makes the triggers, which keeps every writer out until it ends: no ticket is missed or doubled.
COUNT_PRESENT = f"""
INSERT INTO tickets_queuecount ({COUNTED}) SELECT {PLACE}, count(*) FROM tickets_ticket GROUP BY 1, 2, 3, 4;
ALTER TABLE tickets_queuecount SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
"""  # noqa: S608
UNCOUNT = """
DROP TRIGGER count_came ON tickets_ticket;
DROP TRIGGER count_gone ON tickets_ticket;
DROP TRIGGER count_changed ON tickets_ticket;
DROP TRIGGER count_emptied ON tickets_ticket;
DROP FUNCTION count_tickets();
"""


class Migration(migrations.Migration):
    dependencies = [("municipalities", "0002_row_level_security"), ("tickets", "0002_row_level_security")]
    operations = [
        migrations.CreateModel(
            name="QueueCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", STATUS),
                ("is_assigned", models.BooleanField()),
                ("number", models.IntegerField()),
                ("municipality", models.ForeignKey("municipalities.municipality", models.PROTECT, related_name="+")),
                ("queue", models.ForeignKey("tickets.queue", models.PROTECT, related_name="+")),
            ],
            options={"indexes": [models.Index("queue", "municipality", "status", name="queuecount_place")]},
        ),
        migrations.AddIndex(
            "ticket",
            models.Index(
                "assignee", "queue", "municipality", "has_answer",
                condition=models.Q(status__in=ACTIVE), name="ticket_held_counts",
            ),
        ),
        protect("tickets_queuecount"),
        migrations.RunSQL(COUNT, UNCOUNT),
        migrations.RunSQL(COUNT_PRESENT, migrations.RunSQL.noop),
    ]  # fmt: skip
