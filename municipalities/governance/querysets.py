from django.db import models
from django.db.models import Q


class ProposalQuerySet(models.QuerySet):
    def open(self, *, at):
        """Those that can still be decided at `at` (UTC): nobody said no, and the day they take effect lies ahead, or
        nothing was in force before them."""
        return self.filter(Q(is_first=True) | Q(takes_effect_at__gt=at), state="proposed")

    def ended(self, *, at):
        return self.filter(~Q(state="proposed") | Q(is_first=False, takes_effect_at__lte=at))
