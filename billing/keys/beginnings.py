"""Where a key may begin. Nothing that was shared by an adopted key is ever shared anew.

Before its first key a pool was shared by none, so there is nothing to judge anew: that key may begin on a day that has
been, as far back as no month is approved. Every other key begins on a day that lies ahead.
"""

from datetime import date

from billing.models import Period, Pool


def earliest_first(today: date) -> date:
    """The first day of the earliest month from which on none is approved or closed."""
    frozen = Period.objects.frozen().order_by("-month").first()
    if frozen:
        return frozen.end
    earliest = Period.objects.order_by("month").first()
    return min(earliest.month, today.replace(day=1)) if earliest else today.replace(day=1)


def is_first_key(pool: Pool, day: date, *, today: date) -> bool:
    """Whether a key of that day would come before every key of the pool, and in no month that is approved."""
    return not pool.key_versions.filter(valid_from__lte=day).exists() and day >= earliest_first(today)
