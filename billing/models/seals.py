"""The chains of the ledger: hashes that show when a row was changed behind the database's back.

Written by database functions alone (migration with the chains): a hash says nothing of what it was made from, so the
tables are joint.
"""

from django.db import models


class LineSeal(models.Model):
    """One link of a month's chain of ledger lines: sha256 (hex) of the link before and what was posted."""

    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="line_seals")
    line = models.OneToOneField("billing.LedgerLine", on_delete=models.PROTECT, related_name="seal")
    number = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["period", "number"], name="line_seal_once")]

    def __str__(self):
        return f"{self.period_id} {self.number} {self.sha256[:8]}"


class PeriodSeal(models.Model):
    """A closed month's last hash, over all it rests on and the seal of the month closed before. For the statement."""

    period = models.OneToOneField("billing.Period", on_delete=models.PROTECT, related_name="seal")
    number = models.BigIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return f"{self.number} {self.sha256[:8]}"
