"""What was posted, and the files it came from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor, owner
from billing.querysets import LedgerLineQuerySet
from servicecenter.tenancy.querysets import OwnedQuerySet


class ImportBatch(models.Model):
    """One file of ledger lines that was read in."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    known_count = models.PositiveIntegerField(default=0)
    created_by = actor(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return f"{self.name} {self.created_at:%Y-%m-%d}"


class Upload(models.Model):
    """A file of ledger lines, or of a year's budget, between its preview and its import. The shared centre's."""

    municipality = owner()
    name = models.CharField(max_length=200)
    content = models.TextField()
    mapping = models.JSONField(default=dict)
    source = models.CharField(max_length=40)
    budget_year = models.PositiveSmallIntegerField(null=True)
    created_by = actor()
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return self.name


class LedgerLine(models.Model):
    """One posting. A line of the shared centre is joint, a line of a municipality is carried by it alone (direct).

    Positive is cost, negative a credit. VAT that is not refunded is a line of its own; `vat_ore` is for information.
    Append-only: as long as its period is not approved, only its assignment (pool, municipality) may change. A late
    line belongs to a month that is closed (`corrects`): it is no part of its own month's run, a correction carries it.
    """

    municipality = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="lines")
    pool = models.ForeignKey("billing.Pool", null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    corrects = models.ForeignKey(
        "billing.Period", null=True, blank=True, on_delete=models.PROTECT, related_name="late_lines"
    )
    correction = models.ForeignKey(
        "billing.Correction", null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("id in the accounts"), max_length=80)
    digest = models.CharField(max_length=64)
    document_ref = models.CharField(_("document"), max_length=80, blank=True)
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    account = models.CharField(_("account"), max_length=40, blank=True)
    contract = models.CharField(_("contract"), max_length=40, blank=True)
    booked_on = models.DateField(_("booked on"))
    amount_ore = models.BigIntegerField(_("amount"))
    vat_ore = models.BigIntegerField(_("VAT"), default=0)
    text = models.CharField(_("text"), max_length=200, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="lines")
    assigned_by = actor(null=True)
    assigned_rule = models.ForeignKey(
        "billing.AssignmentRule", null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )

    objects = LedgerLineQuerySet.as_manager()

    class Meta:
        ordering = ["booked_on", "external_id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="ledger_line_once")]
        indexes = [models.Index(fields=["period", "pool", "municipality"], name="ledger_by_pool")]

    def __str__(self):
        return f"{self.source} {self.external_id}"
