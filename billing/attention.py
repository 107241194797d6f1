"""What the steering committee should look at: rules on the month's figures, each a sentence, an amount and a link.

Every rule is a pure function that says nothing when there is nothing to say. The limits stand here, in one place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicecenter.ui import formats
from tickets.sla.attainment import Attainment

OVER_BUDGET = Fraction(5, 100)  # of the pool's budget so far
OVER_BUDGET_ORE = 500_000_00  # or so much, however large the pool
BEHIND_PLAN = Fraction(3, 100)  # of what should be saved by now
SHARE_ROSE = Fraction(1, 100)  # of the whole, against the month before
WAITS_FOR_VENDORS = Fraction(25, 100)  # of the open time until tickets were solved
ENOUGH = 30  # decided promises below which a share says too little


@dataclass(frozen=True)
class Point:
    """`ore` is what is at stake; points without an amount come after those with one, in the order of the rules."""

    finding: str
    text: str
    address: str = ""
    link: str = ""
    ore: int = 0


class Spending(NamedTuple):
    name: str
    spent_ore: int
    budget_ore: int
    address: str = ""


def over_budget(pools: Iterable[Spending]) -> list[Point]:
    """Pools that have spent clearly more than their budget so far."""
    points = []
    for pool in pools:
        over = pool.spent_ore - pool.budget_ore
        if pool.budget_ore <= 0 or (over <= pool.budget_ore * OVER_BUDGET and over <= OVER_BUDGET_ORE):
            continue
        words = {"pool": pool.name, "amount": formats.kroner(over)}
        text = _("%(spent)s spent against %(budget)s budgeted so far this year, which is %(percent)s.") % {
            "spent": formats.kroner(pool.spent_ore), "budget": formats.kroner(pool.budget_ore),
            "percent": formats.percent(Fraction(over, pool.budget_ore), 1, signed=True),
        }  # fmt: skip
        points.append(
            Point(_("%(pool)s is %(amount)s over its budget") % words, text, pool.address, _("See the lines"), over)
        )
    return points


class Saving(NamedTuple):
    """In øre at base-year prices; `months` of the year are calculated. `saved_ore` is None when it is not measured."""

    name: str
    saved_ore: int | None
    plan_ore: int
    promised_ore: int
    months: int
    missing: str = ""


def behind_plan(savings: Iterable[Saving], address: str) -> list[Point]:
    """Municipalities whose saving is behind, with where the year ends at the same pace; and those not measured."""
    points = []
    for row in savings:
        if row.saved_ore is None:
            finding = _("The saving of %(name)s is not measured") % {"name": row.name}
            text = _("It cannot be told, because %(reason)s.") % {"reason": row.missing}
            points.append(Point(finding, text, address, _("See the savings")))
            continue
        behind = row.plan_ore - row.saved_ore
        if behind <= row.plan_ore * BEHIND_PLAN:
            continue
        finding = _("%(name)s lacks %(amount)s in savings") % {"name": row.name, "amount": formats.kroner(behind)}
        at_this_pace = row.saved_ore * 12 // row.months
        text = _("At the same pace the year ends at %(end)s m of %(goal)s m.") % {
            "end": formats.bare_millions(at_this_pace), "goal": formats.bare_millions(row.promised_ore),
        }  # fmt: skip
        points.append(Point(finding, text, address, _("See the savings"), behind))
    return points


class Share(NamedTuple):
    name: str
    now: Fraction
    before: Fraction
    difference_ore: int
    address: str = ""


def rising_shares(shares: Iterable[Share], month: str) -> list[Point]:
    """Municipalities that carry a clearly larger part of the whole than the month before."""
    points = []
    for share in shares:
        if share.now - share.before < SHARE_ROSE:
            continue
        finding = _("%(name)s carries a larger share: %(now)s against %(before)s") % {
            "name": share.name, "now": formats.percent(share.now, 1), "before": formats.percent(share.before, 1),
        }  # fmt: skip
        text = _("The bill is %(amount)s compared with %(month)s.") % {
            "amount": formats.kroner(share.difference_ore, signed=True), "month": month,
        }  # fmt: skip
        points.append(Point(finding, text, share.address, _("See the statement"), max(share.difference_ore, 0)))
    return points


def below_target(counts: Iterable[tuple[str, str, Attainment]], target: Fraction, address: str) -> list[Point]:
    """(municipality, promise, count): those whose whole 95 % interval lies below the target."""
    points = []
    for name, promise, count in counts:
        low, high = count.interval
        if count.rate is None or count.n < ENOUGH or low is None or high is None or high >= target:
            continue
        words = {"name": name, "promise": promise, "rate": formats.percent(count.rate, 1)}
        text = _("%(met)s of %(n)s promises kept; the goal is %(goal)s. The difference is hardly chance.") % {
            "met": formats.number(count.met), "n": formats.number(count.n), "goal": formats.percent(target, 0),
        }  # fmt: skip
        points.append(Point(_("%(name)s: %(promise)s is %(rate)s") % words, text, address, _("See the service levels")))
    return points


def served_worse(goals: Iterable[tuple[str, Sequence[str]]], address: str) -> list[Point]:
    """(goal, names of municipalities that are certainly served worse)."""
    points = []
    for goal, names in goals:
        if names:
            finding = _("%(names)s: served worse than the others") % {"names": ", ".join(names)}
            text = _("%(goal)s. Among tickets of the same category and priority the difference is hardly chance.")
            points.append(Point(finding, text % {"goal": goal}, address, _("See the service levels")))
    return points


def unassigned_lines(count: int, ore: int, address: str) -> list[Point]:
    """Lines that no pool and no municipality carries: the month cannot be approved."""
    if not count:
        return []
    finding = ngettext("%(count)s line belongs to no pool", "%(count)s lines belong to no pool", count)
    text = _("%(amount)s is not shared yet, so the month cannot be approved.") % {"amount": formats.kroner(ore)}
    return [Point(finding % {"count": count}, text, address, _("Assign them") if address else "", abs(ore))]


def missing_values(missing: Iterable[tuple[str, Sequence[str]]], month: str, address: str) -> list[Point]:
    """(driver, names of municipalities without a value): the month cannot be calculated."""
    return [
        Point(
            _("%(driver)s is not measured in %(month)s") % {"driver": driver, "month": month},
            _("Missing for %(names)s. The month cannot be calculated until the value is there.")
            % {"names": ", ".join(names)},
            address, _("Enter it") if address else "",
        )
        for driver, names in missing if names
    ]  # fmt: skip


def vendor_waiting(waiting_s: int, counted_s: int, address: str) -> list[Point]:
    """Open seconds spent waiting for vendors, of all open seconds until the month's tickets were solved."""
    if not counted_s or Fraction(waiting_s, counted_s) < WAITS_FOR_VENDORS:
        return []
    finding = _("%(percent)s of the time until a solution is waiting for vendors") % {
        "percent": formats.percent(Fraction(waiting_s, counted_s), 0)
    }
    text = _("%(hours)s opening hours in the month. The clock runs meanwhile, so it costs kept promises.") % {
        "hours": formats.number(waiting_s // 3600)
    }
    return [Point(finding, text, address, _("See the service levels"))]


def in_order(points: Iterable[Point]) -> list[Point]:
    """The largest amounts first; what has none keeps its order behind them."""
    return sorted(points, key=lambda point: -point.ore)
