"""Totals about the work of the desk, readable by all municipalities."""

from django.db import models

from billing.models.columns import owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class DeskFigure(models.Model):
    """Tickets received and solved in a week, and open at its end: totals, readable by all."""

    municipality = owner()
    monday = models.DateField()
    received = models.PositiveIntegerField()
    solved = models.PositiveIntegerField()
    still_open = models.PositiveIntegerField()
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["municipality", "monday"], name="desk_figure_once")]

    def __str__(self):
        return f"{self.municipality_id} {self.monday}"
