"""The account since the start as it was published: a frozen copy that anybody may read, until it is withdrawn."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor


class PublishedAccount(models.Model):
    """One published version. Joint, and without anything of one person: it is read by people who are not signed in.

    `content` holds the texts and tables by language, as they stood on that day, and `sha256` is that of its canonical
    JSON. A trigger lets nothing change but the withdrawal, once.
    """

    number = models.PositiveIntegerField(unique=True)
    first = models.DateField()
    last = models.DateField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_by = actor()
    published_at = models.DateTimeField()
    withdrawn_by = actor(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~models.Q(withdrawal_reason=""),
                name="published_account_withdrawn_whole",
            )
        ]

    def __str__(self):
        return str(self.number)

    def get_absolute_url(self):
        return reverse("billing:published_version", args=[self.number])
