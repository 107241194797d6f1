"""The margin within which service counts as equal: decided by people, recorded once, never for a closed month.

People decide it as a proposal (`margin_proposals`); `set_margin` is for what was decided before there was a desk.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from tickets.levels.models import EqualityMargin, LevelMonth


class DecidedAfterwards(RuleBroken):
    def __init__(self):
        super().__init__(
            _("A margin is decided beforehand. Choose a month that is still open, after the last decision.")
        )


def check_beforehand(valid_from: date) -> None:
    """Raises DecidedAfterwards for a month that is closed, or not later than the last decision."""
    closed = LevelMonth.objects.filter(month__gte=valid_from)
    if closed.exists() or EqualityMargin.objects.filter(valid_from__gte=valid_from).exists():
        raise DecidedAfterwards


def write_margin(
    *, points: Decimal, valid_from: date, decided_by: str, decided_on: date, reference: str, by: Person, at: datetime
) -> EqualityMargin:
    """In percentage points, for the months from `valid_from` on. Raises DecidedAfterwards."""
    check_beforehand(valid_from)
    return EqualityMargin.objects.create(
        points=points, valid_from=valid_from, decided_by=decided_by, decided_on=decided_on, reference=reference,
        recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def set_margin(
    *, points: Decimal, valid_from: date, decided_by: str, decided_on: date, reference: str, by: Person,
    at: datetime | None = None,
) -> EqualityMargin:  # fmt: skip
    """Record a decision on the margin, in percentage points, for the months from `valid_from` on."""
    at = at or timezone.now()
    margin = write_margin(
        points=points, valid_from=valid_from, decided_by=decided_by, decided_on=decided_on, reference=reference, by=by,
        at=at,
    )  # fmt: skip
    AuditEntry.objects.record(
        "equality_margin_set", municipality_id=Municipality.objects.operator().pk, actor=by,
        at=at.replace(microsecond=0), subject=f"{points} {valid_from:%Y-%m}", decided_by=decided_by,
    )  # fmt: skip
    return margin
