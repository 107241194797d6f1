import django.db.models.deletion
from django.db import migrations, models

from servicecenter.tenancy.rls import open_to_worker, protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [
        ("municipalities", "0002_row_level_security"),
        ("tickets", "0003_queue_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("cycle", models.PositiveIntegerField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(max_length=300)),
                ("failed_at", models.DateTimeField()),
                ("is_set_aside", models.BooleanField(default=False)),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="municipalities.municipality"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clock_failures", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ["failed_at", "id"],
                "constraints": [models.UniqueConstraint(fields=("ticket", "kind", "cycle"), name="clock_failure_once")],
            },
        ),
        protect("tickets_clockfailure"),
        same_tenant("tickets_clockfailure", "ticket_id", "tickets_ticket"),
        # The worker notes what it could not fire, and forgets it once it could.
        open_to_worker("tickets_clockfailure", "SELECT", "INSERT", "UPDATE", "DELETE"),
    ]
