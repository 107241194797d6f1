"""Who gets which report by mail, and what was sent to whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class SubscriptionQuerySet(OwnedQuerySet):
    def running(self):
        return self.filter(ended_at=None)


class ReportSubscription(models.Model):
    """A person who gets a report of a municipality by mail. It counts from `created_at` until `ended_at`."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", _("statement of the month, when it is closed")
        COMMUNITY = "community", _("the whole community's month, on the 15th of the next")

    municipality = owner()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    created_by = actor()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "recipient", "kind"], condition=Q(ended_at=None), name="subscription_once"
            ),
            models.UniqueConstraint(fields=["municipality", "id"], name="subscription_tenant_key"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.recipient_id} {self.kind}"


class ReportDelivery(models.Model):
    """One report that was put into the outbox for one person: append-only, once per month, person and report."""

    municipality = owner()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=12, choices=ReportSubscription.Kind)
    cause = models.CharField(max_length=200)
    files = models.JSONField()
    queued_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "period", "recipient", "kind"], name="report_delivered_once"
            )
        ]

    def __str__(self):
        return f"{self.period_id} {self.recipient_id} {self.kind}"
