"""How near the desk is: visits on site, what requesters think of the solution, how soon the phone is answered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from servicecenter.tenancy.querysets import OwnedQuerySet


def _owner():
    return models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")


class Visit(models.Model):
    """Somebody of the desk went to the place. In time: on arrival the promise of a solution was not yet used up.

    `elapsed_s` and `target_s` are those of the resolution clock at the arrival, in open seconds; empty without promise.
    """

    municipality = _owner()
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="visits")
    site = models.ForeignKey("municipalities.Site", on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(_("arrived"))
    left_at = models.DateTimeField(_("left"), null=True)
    elapsed_s = models.PositiveIntegerField(null=True)
    target_s = models.PositiveIntegerField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        ordering = ["arrived_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "arrived_at"], name="visit_once"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("arrived_at")), name="visit_leaves_after_arriving"
            ),
        ]
        indexes = [models.Index(fields=["municipality", "arrived_at"], name="visit_by_arrival")]

    def __str__(self):
        return f"{self.site} {self.arrived_at:%Y-%m-%d %H:%M}"

    @property
    def is_in_time(self) -> bool | None:
        """None when the agreement promised nothing."""
        return None if self.target_s is None or self.elapsed_s is None else self.elapsed_s <= self.target_s


class Rating(models.Model):
    """What the requester thought of the solution: 1 (bad) to 5 (good). The latest answer counts."""

    municipality = _owner()
    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.PROTECT, related_name="rating")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stars = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="rating_1_to_5")]
        indexes = [models.Index(fields=["municipality", "at"], name="rating_by_time")]

    def __str__(self):
        return f"{self.stars}"


class PhoneFigure(models.Model):
    """Calls of a municipality in a month and how many of them reached a person within 60 seconds: a total."""

    municipality = _owner()
    month = models.DateField()
    calls = models.PositiveIntegerField(_("calls"))
    within_60_s = models.PositiveIntegerField(_("reached a person within 60 seconds"))
    source = models.CharField(_("source"), max_length=120)
    measured_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month"], name="phone_figure_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="phone_figure_is_of_a_month"),
            models.CheckConstraint(condition=Q(within_60_s__lte=F("calls")), name="phone_figure_part_of_calls"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.month:%Y-%m}"
