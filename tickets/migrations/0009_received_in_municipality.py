from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0008_find_tickets")]
    operations = [
        migrations.AddIndex(
            "ticket", models.Index(fields=["municipality", "received_at", "id"], name="ticket_mun_received")
        )
    ]
