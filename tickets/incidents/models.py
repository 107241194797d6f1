"""A major incident: one cause that many people file tickets about, in several municipalities."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MajorIncidentQuerySet(models.QuerySet):
    def open(self):
        return self.filter(ended_at=None)


class MajorIncident(models.Model):
    """Joint, so the table has no municipality and everybody at the desk reads its title; tickets point at it."""

    title = models.CharField(_("title"), max_length=120)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = MajorIncidentQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("began_at")), name="incident_ends_after_it_begins"
            )
        ]

    def __str__(self):
        return self.title
