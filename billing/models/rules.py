"""How lines from the accounts find their pool, and which column of a file holds what."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import ENDS_AFTER_START, actor
from billing.querysets import DatedQuerySet
from municipalities.models import Municipality


class SourceMapping(models.Model):
    """Field of a line → heading of the file, as it was last used for an accounts system."""

    source = models.CharField(max_length=40, unique=True)
    mapping = models.JSONField(default=dict)
    changed_by = actor()
    changed_at = models.DateTimeField()

    def __str__(self):
        return self.source


class AssignmentRule(models.Model):
    """Lines of a vendor, an account, a contract belong to a pool or are paid by one municipality alone.

    Every condition that is given must hold; letter case does not count, and * at the end stands for anything. The first
    rule in order that is in force on the day the line was booked decides. Rules end; they are not rewritten.
    """

    position = models.PositiveIntegerField(_("order"))
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    account = models.CharField(_("account"), max_length=40, blank=True)
    contract = models.CharField(_("contract"), max_length=40, blank=True)
    pool = models.ForeignKey("billing.Pool", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paid_by = models.ForeignKey(Municipality, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    created_by = actor()
    created_at = models.DateTimeField()

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(vendor="", account="", contract=""), name="assignment_rule_has_a_condition"
            ),
            models.CheckConstraint(
                condition=Q(pool__isnull=False) | Q(paid_by__isnull=False), name="assignment_rule_names_a_payer"
            ),
            models.CheckConstraint(condition=ENDS_AFTER_START, name="assignment_rule_ends_after_start"),
        ]

    def __str__(self):
        return ", ".join(filter(None, [self.vendor, self.account, self.contract]))

    def fits(self, line) -> bool:
        """Whether a line, stored or only read, meets every condition."""
        if line.booked_on < self.valid_from or (self.valid_to and line.booked_on >= self.valid_to):
            return False
        return all(_meets(getattr(line, name), getattr(self, name)) for name in ("vendor", "account", "contract"))


def _meets(found: str, wanted: str) -> bool:
    found, wanted = found.casefold().strip(), wanted.casefold().strip()
    if wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    return not wanted or found == wanted
