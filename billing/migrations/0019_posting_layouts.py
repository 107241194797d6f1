import django.db.models.deletion
from django.db import migrations, models

from servicecenter.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0018_capacity_kept"),
        ("municipalities", "0005_manage_invoicing"),
    ]

    operations = [
        migrations.CreateModel(
            name="PostingLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("separated", "separated by semicolons"), ("fixed", "columns of fixed width")],
                        default="separated",
                        max_length=10,
                        verbose_name="form",
                    ),
                ),
                ("columns", models.JSONField(default=list)),
                ("has_heading", models.BooleanField(default=True, verbose_name="a first row with headings")),
                (
                    "encoding",
                    models.CharField(
                        choices=[
                            ("utf-8", "UTF-8"),
                            ("utf-8-sig", "UTF-8 with a mark, for spreadsheets"),
                            ("iso-8859-1", "ISO 8859-1"),
                        ],
                        default="utf-8-sig",
                        max_length=12,
                        verbose_name="character set",
                    ),
                ),
                (
                    "municipality",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posting_layout",
                        to="municipalities.municipality",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("columns", []), _negated=True), name="posting_layout_has_columns"
                    )
                ],
            },
        ),
        protect("billing_postinglayout"),
    ]
