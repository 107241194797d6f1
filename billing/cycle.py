"""The month as a row of steps: what is done, what comes next, and what is missing, each with the page that mends it.

Reads only; the steps themselves are verbs of billing.periods, billing.measuring and billing.corrections.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.keys.missing import missing_keys
from billing.models import Driver, DriverValue, KeyVersion, LedgerLine, Participation, Period, Run
from billing.plans import digest_of, plan_of
from billing.subscriptions.receipts import Receipt, billed
from billing.subscriptions.receipts import read as read_receipts
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken
from servicecenter.ui import formats


class State(StrEnum):
    DONE, NEXT, LATER = "done", "next", "later"


@dataclass(frozen=True)
class Missing:
    """Something that keeps the month from its next step, in words, and where it is mended."""

    text: str
    address: str


@dataclass
class Step:
    code: str
    title: str
    is_done: bool
    missing: list[Missing] = field(default_factory=list)
    state: State = State.LATER


@dataclass
class Cycle:
    period: Period
    run: Run | None
    steps: list[Step]
    is_old: bool
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def missing(self) -> list[Missing]:
        return [missing for step in self.steps for missing in step.missing]


def read(period: Period) -> Cycle:
    """The steps of a month, as of now. Needs everybody in scope."""
    run = period.runs.filter(is_current=True).select_related("created_by").first()
    is_old = bool(run) and not period.is_frozen and _is_old(period, run)
    receipts = read_receipts(period, billed(period)) if run else []
    steps = [
        _lines(period), _quantities(period), _calculation(period, run, is_old=is_old),
        Step("comparison", _("Compared"), run is not None and not is_old),
        Step("approval", _("Approved"), period.is_frozen),
        Step("closing", _("Closed"), period.state == Period.State.CLOSED),
        _statements(period, receipts),
    ]  # fmt: skip
    _mark(steps)
    return Cycle(period, run, steps, is_old, receipts)


def _mark(steps: list[Step]) -> None:
    """The first step that is not done comes next; later ones wait even if they would be done."""
    waits = False
    for step in steps:
        step.state = State.LATER if waits else (State.DONE if step.is_done else State.NEXT)
        waits = waits or not step.is_done


def _is_old(period: Period, run: Run) -> bool:
    try:
        return digest_of(plan_of(period)) != run.sha256
    except RuleBroken:
        return True


def _lines(period: Period) -> Step:
    lines = LedgerLine.objects.filter(period=period)
    missing = []
    if not lines.exists():
        missing.append(Missing(_("No line is posted to the month."), reverse("billing:imports")))
    if count := lines.unassigned().count():
        text = ngettext("%(count)s line has no pool yet.", "%(count)s lines have no pool yet.", count)
        missing.append(Missing(text % {"count": count}, reverse("billing:work_list")))
    if not period.is_frozen:
        missing += _uncorrected(lines)
    return Step("lines", _("Lines in"), not missing, missing)


def _uncorrected(lines) -> Iterator[Missing]:
    late = lines.late().filter(correction=None).exclude(corrects=None)
    for month in late.order_by("corrects__month").values_list("corrects__month", flat=True).distinct():
        text = _("Late lines of %(month)s wait for their correction.") % {"month": f"{month:%Y-%m}"}
        yield Missing(text, reverse("billing:correction", args=[month]))


def _quantities(period: Period) -> Step:
    missing = [] if period.is_frozen else [*_without_key(period), *unmeasured(period)]
    return Step("quantities", _("Quantities measured"), not missing, missing)


def _without_key(period: Period) -> Iterator[Missing]:
    """Pools whose cost nobody can share yet: a key is proposed on the pool's page, and decided by all."""
    for found in missing_keys(period):
        if found.proposal:
            text = _("The key of “%(pool)s” awaits the decision of the municipalities.")
            yield Missing(text % {"pool": found.pool.name}, found.proposal.get_absolute_url())
            continue
        text = _("“%(pool)s” has cost and no key from %(day)s. Propose one.")
        words = {"pool": found.pool.name, "day": formats.day(found.since)}
        yield Missing(text % words, reverse("billing:key", args=[found.pool.code]))


def unmeasured(period: Period) -> Iterator[Missing]:
    """Quantities that a key in force reads and that somebody who takes part lacks. The desk counts its own."""
    address = f"{reverse('billing:period', args=[period.code])}#quantities"
    pools = _readers(period)
    known = set(DriverValue.objects.filter(period=period).values_list("driver__code", "municipality_id"))
    names = dict(Municipality.objects.values_list("pk", "name"))
    entered = Driver.objects.filter(source=Driver.Source.ENTERED, code__in=pools)
    taking_part: dict[int, set[int]] = {}
    for pool, owner in Participation.objects.in_force(period.month, period.end).values_list(
        "pool_id", "municipality_id"
    ):
        taking_part.setdefault(pool, set()).add(owner)
    for driver in entered:
        owners = set().union(*(taking_part.get(pool, set()) for pool in pools[driver.code]))
        lacking = sorted(names[owner] for owner in owners if (driver.code, owner) not in known)
        if lacking:
            text = _("%(driver)s is missing for %(owners)s.") % {"driver": driver.name, "owners": ", ".join(lacking)}
            yield Missing(text, address)


def _readers(period: Period) -> dict[str, set[int]]:
    """Driver code → pools whose key reads it in the month."""
    readers: dict[str, set[int]] = {}
    for version in KeyVersion.objects.in_force(period.month, period.end):
        for code in version.driver_codes:
            readers.setdefault(code, set()).add(version.pool_id)
    return readers


def _calculation(period: Period, run: Run | None, *, is_old: bool) -> Step:
    missing = []
    if is_old:
        text = _("Lines, keys or quantities changed since the month was calculated. Calculate it again.")
        missing.append(Missing(text, f"{reverse('billing:period', args=[period.code])}#calculation"))
    return Step("calculation", _("Calculated"), run is not None and not is_old, missing)


def _statements(period: Period, receipts: list[Receipt]) -> Step:
    """Sent when everybody who carries something has a receiver, and every receiver has the statement."""
    if period.state != Period.State.CLOSED:
        return Step("statements", _("Statements"), is_done=False)
    missing = []
    if nobody := [receipt.municipality.name for receipt in receipts if receipt.has_nobody]:
        text = _("Nobody gets the statement of %(owners)s.") % {"owners": ", ".join(nobody)}
        missing.append(Missing(text, reverse("billing:subscriptions")))
    if count := sum(len(receipt.waiting) for receipt in receipts):
        text = ngettext(
            "%(count)s receiver waits for the statement.", "%(count)s receivers wait for the statement.", count
        )
        address = f"{reverse('billing:period', args=[period.code])}#statements"
        missing.append(Missing(text % {"count": count}, address))
    return Step("statements", _("Statements"), not missing, missing)
