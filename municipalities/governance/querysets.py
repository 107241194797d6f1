from django.db import models
from django.db.models import Q


class ProposalQuerySet(models.QuerySet):
    def open(self, *, at):
        """Those that can still be decided at `at` (UTC): nobody said no, and the day they take effect lies ahead."""
        return self.filter(state="proposed", takes_effect_at__gt=at)

    def ended(self, *, at):
        return self.filter(~Q(state="proposed") | Q(takes_effect_at__lte=at))
