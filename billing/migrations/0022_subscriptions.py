import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from servicecenter.tenancy.rls import append_only, protect


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0021_year_protected"),
        ("municipalities", "0005_manage_invoicing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("statement", "statement of the month, when it is closed"),
                            ("community", "the whole community's month, on the 15th of the next"),
                        ],
                        max_length=12,
                    ),
                ),
                ("cause", models.CharField(max_length=200)),
                ("files", models.JSONField()),
                ("queued_at", models.DateTimeField()),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="municipalities.municipality"
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="billing.period"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("municipality", "period", "recipient", "kind"), name="report_delivered_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("statement", "statement of the month, when it is closed"),
                            ("community", "the whole community's month, on the 15th of the next"),
                        ],
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "municipality",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="municipalities.municipality"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("municipality", "recipient", "kind"),
                        name="subscription_once",
                    ),
                    models.UniqueConstraint(fields=("municipality", "id"), name="subscription_tenant_key"),
                ],
            },
        ),
        protect("billing_reportsubscription"),
        protect("billing_reportdelivery"),
        append_only("billing_reportdelivery"),
    ]
