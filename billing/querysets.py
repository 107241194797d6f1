"""The sets of billing by name. A period is asked for by its month, an amount by its period and its current run."""

from django.db import models

from servicecenter.tenancy.querysets import OwnedQuerySet


class PeriodQuerySet(models.QuerySet):
    def of_month(self, month):
        """The period of a month, made when it is first asked for."""
        return self.get_or_create(month=month.replace(day=1))[0]

    def frozen(self):
        """Approved or closed: what they rest on cannot change."""
        return self.filter(state__in=["approved", "closed"])

    def calculated(self):
        """Periods that have something to show, newest first."""
        return self.filter(runs__is_current=True).order_by("-month")


class LedgerLineQuerySet(OwnedQuerySet):
    def of_run(self, period):
        """The lines that the period's run shares: all posted to it but the late ones of months that are closed."""
        return self.filter(period=period, corrects=None)

    def late(self):
        """Lines of months that were closed before; a correction carries them."""
        return self.exclude(corrects=None)

    def joint(self):
        """Lines that pools share; every municipality reads them."""
        return self.filter(municipality__kind="operator")

    def direct(self):
        """Lines that one municipality carries alone."""
        return self.exclude(municipality__kind="operator")

    def unassigned(self):
        return self.joint().filter(pool=None)


class AllocationQuerySet(OwnedQuerySet):
    def current(self):
        return self.filter(run__is_current=True)


class CorrectionAmountQuerySet(OwnedQuerySet):
    def booked_in(self, period):
        """Amounts that a month's statements carry for months that were closed before, oldest month first."""
        rows = self.filter(period=period).select_related("correction__corrected", "pool", "municipality")
        return rows.order_by("correction__corrected__month", "pool__position", "municipality__code", "id")


class RunRequestQuerySet(models.QuerySet):
    def waiting(self, *, at):
        """Requests that nobody is working on: the queue dropped them, or their worker died."""
        free = models.Q(leased_until=None) | models.Q(leased_until__lte=at)
        return self.filter(free, settled_at=None)


class DatedQuerySet(models.QuerySet):
    def in_force(self, first, end):
        """Rows that count on at least one day of [first, end)."""
        return _in_force(self, first, end)


class OwnedDatedQuerySet(OwnedQuerySet):
    def in_force(self, first, end):
        """Rows that count on at least one day of [first, end)."""
        return _in_force(self, first, end)


def _in_force(rows, first, end):
    return rows.filter(models.Q(valid_to=None) | models.Q(valid_to__gt=first), valid_from__lt=end)
