"""How each municipality's accounts system wants its postings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from servicecenter.tenancy.querysets import OwnedQuerySet


class PostingLayout(models.Model):
    """The posting file of one municipality (or of the shared centre): its columns in order, and its form."""

    class Kind(models.TextChoices):
        SEPARATED = "separated", _("separated by semicolons")
        FIXED = "fixed", _("columns of fixed width")

    class Encoding(models.TextChoices):
        UTF_8 = "utf-8", "UTF-8"
        UTF_8_MARKED = "utf-8-sig", _("UTF-8 with a mark, for spreadsheets")
        LATIN_1 = "iso-8859-1", "ISO 8859-1"

    municipality = models.OneToOneField(Municipality, on_delete=models.PROTECT, related_name="posting_layout")
    kind = models.CharField(_("form"), max_length=10, choices=Kind, default=Kind.SEPARATED)
    columns = models.JSONField(default=list)
    has_heading = models.BooleanField(_("a first row with headings"), default=True)
    encoding = models.CharField(_("character set"), max_length=12, choices=Encoding, default=Encoding.UTF_8_MARKED)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(columns=[]), name="posting_layout_has_columns")]

    def __str__(self):
        return f"{self.municipality_id} {self.kind}"
