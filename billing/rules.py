"""Rules that give lines from the accounts a pool or a payer, in their order; the first that fits decides."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from billing.models import AssignmentRule, LedgerLine, Period, Pool
from billing.periods import WrongPool, assign
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry


class Rules:
    """All rules, read once for many lines."""

    def __init__(self):
        self._rules = list(AssignmentRule.objects.select_related("pool", "paid_by"))

    def first_for(self, line) -> AssignmentRule | None:
        """The rule that decides about a line, stored or only read; None when nothing fits."""
        return next((rule for rule in self._rules if rule.fits(line)), None)


@transaction.atomic
def add_rule(
    *,
    pool: Pool | None,
    paid_by: Municipality | None,
    by: Person,
    valid_from: date,
    vendor: str = "",
    account: str = "",
    contract: str = "",
    position: int | None = None,
    at: datetime | None = None,
) -> AssignmentRule:
    """A rule, last in order unless said otherwise. Raises WrongPool as `assign` does."""
    if pool and pool.is_direct != bool(paid_by):
        raise WrongPool
    at = at or timezone.now().replace(microsecond=0)
    last = AssignmentRule.objects.aggregate(last=Max("position"))["last"] or 0
    rule = AssignmentRule.objects.create(
        position=last + 10 if position is None else position, vendor=vendor, account=account, contract=contract,
        pool=pool, paid_by=paid_by, valid_from=valid_from, created_by=by, created_at=at,
    )  # fmt: skip
    _record("rule_added", rule, by=by, at=at)
    return rule


@transaction.atomic
def end_rule(rule: AssignmentRule, *, on: date, by: Person, at: datetime | None = None) -> AssignmentRule:
    """No line booked from that day on falls under it. A rule that had not begun disappears."""
    if on <= rule.valid_from:
        rule.lines.update(assigned_rule=None)
        _record("rule_withdrawn", rule, by=by, at=at)
        rule.delete()
        return rule
    rule.valid_to = on
    rule.save(update_fields=["valid_to"])
    _record("rule_ended", rule, by=by, at=at, on=on.isoformat())
    return rule


@transaction.atomic
def apply_rules(*, by: Person) -> int:
    """Assign every line of open months that has no pool yet and that a rule fits. Returns their number."""
    rules, assigned = Rules(), 0
    for line in unassigned().select_related("period"):
        if rule := rules.first_for(line):
            assign(line, pool=rule.pool, municipality=rule.paid_by, by=by, rule=rule)
            assigned += 1
    return assigned


@transaction.atomic
def assign_many(
    lines: Iterable[LedgerLine], *, pool: Pool | None, municipality: Municipality | None, by: Person
) -> int:
    """The same pool or payer for several lines, all or none."""
    return sum(1 for line in lines if assign(line, pool=pool, municipality=municipality, by=by))


def unassigned():
    """Lines of months that still take changes and that nobody has assigned, late ones among them."""
    frozen = [Period.State.APPROVED, Period.State.CLOSED]
    return LedgerLine.objects.unassigned().exclude(period__state__in=frozen).order_by("booked_on", "external_id")


def _record(action: str, rule: AssignmentRule, *, by: Person, at: datetime | None = None, **data) -> None:
    AuditEntry.objects.record(
        action, municipality_id=Municipality.objects.operator().pk, actor=by, subject=str(rule)[:200], at=at,
        rule=rule.pk, pool=rule.pool.code if rule.pool else "", payer=rule.paid_by.code if rule.paid_by else "", **data,
    )  # fmt: skip
