from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("municipalities", "0004_governance_kept"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="municipality",
            options={
                "permissions": [
                    ("file_tickets", "File and follow own tickets"),
                    ("work_tickets", "Work the tickets of the municipality"),
                    ("lead_tickets", "Void clocks, move tickets and see load"),
                    ("read_totals", "Read totals, service levels and ticket lists without texts"),
                    ("read_entries", "Read ledger entries and statements"),
                    ("import_ledger", "Import ledger lines and drivers"),
                    ("run_allocation", "Calculate a period"),
                    ("approve_period", "Approve a period"),
                    ("manage_invoicing", "Edit what invoices say of the municipality, and issue them for all"),
                    ("manage_people", "Manage people"),
                    ("manage_grants", "Manage grants"),
                    ("manage_settings", "Manage settings"),
                    ("propose_agreements", "Propose agreements and calendars"),
                    ("propose_keys", "Propose keys of allocation"),
                    ("decide_proposals", "Decide proposals for the municipality"),
                ],
                "verbose_name": "municipality",
                "verbose_name_plural": "municipalities",
            },
        ),
    ]
