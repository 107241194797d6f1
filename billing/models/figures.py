"""Totals about the work of the desk, readable by all municipalities."""

from django.db import models

from billing.models.columns import FIRST_OF_MONTH, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class ServiceFigure(models.Model):
    """How many promises of a kind were kept in a month: a total, readable by all. Written by billing.figures."""

    municipality = owner()
    month = models.DateField()
    kind = models.CharField(max_length=20)
    met = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    undecided = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month", "kind"], name="service_figure_once"),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="service_figure_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.month:%Y-%m} {self.kind}"


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
