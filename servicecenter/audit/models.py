"""What happened that no ticket tells: sign-in, grants, settings, periods. Append-only, kept by the database.

Entries are chained by hash afterwards, in batches (servicecenter.audit.chain), so that writing one waits for nobody.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from servicecenter.tenancy.querysets import OwnedQuerySet


class AuditQuerySet(OwnedQuerySet):
    def record(self, action: str, *, municipality_id: int, actor=None, subject: str = "", at=None, **data):
        """Write one entry in the running transaction; `at` is UTC and defaults to now."""
        return self.create(
            action=action,
            municipality_id=municipality_id,
            actor=actor,
            subject=subject,
            data=data,
            at=at or timezone.now().replace(microsecond=0),
        )


class AuditEntry(models.Model):
    municipality = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["municipality", "-at"], name="audit_by_municipality")]
        constraints = [models.UniqueConstraint(fields=["municipality", "id"], name="audit_entry_tenant_key")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class AuditSeal(models.Model):
    """One link of a municipality's chain: sha256 (hex) of the link before and the entry's content.

    Written by the database function audit_seal_entries alone.
    """

    municipality = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    number = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "number"], name="audit_seal_once"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.number} {self.sha256[:8]}"
