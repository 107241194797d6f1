"""The savings drawn: each municipality towards its promise, with the whole account as the table beneath."""

from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.parties import party, short_name
from billing.savings.account import Account, Saved
from billing.statements import month_name
from servicecenter import charts
from servicecenter.charts import Figure
from servicecenter.ui import formats
from servicecenter.ui.templatetags.ui import listed


def goals(account: Account, last_day: date) -> Figure | None:
    """None when nobody's saving is measured. Drawn as parts of each promise, since promises may differ."""
    rows = [row for row in account.measured if row.promised_ore]
    if not rows:
        return None
    words = finding(account)
    drawing = charts.goal_bars(
        [_goal(row) for row in rows], goal=1, plan=Fraction(max(row.months for row in rows), 12),
        words=_axis(rows, last_day), title=words,
    )  # fmt: skip
    first, last = account.months[0], account.months[-1]
    unit = _("Saved from %(first)s to %(last)s against the yearly promise, DKK m in the prices of the base year") % {
        "first": month_name(first), "last": month_name(last),
    }  # fmt: skip
    return Figure(drawing, words, unit, headings(), [cells(row) for row in account.rows], note=_note(account))


def _goal(row: Saved) -> charts.Goal:
    saved, ahead = row.saved_ore or 0, row.ahead_ore or 0
    words = {"saved": formats.bare_millions(saved), "goal": formats.bare_millions(row.promised_ore)}
    verdict = _("%(amount)s m ahead of plan") if ahead >= 0 else _("%(amount)s m behind")
    return charts.Goal(
        party(row.municipality), Fraction(saved, row.promised_ore), _("%(saved)s of %(goal)s m") % words,
        verdict % {"amount": formats.bare_millions(abs(ahead))}, ahead >= 0,
    )  # fmt: skip


def _axis(rows: list[Saved], last_day: date) -> tuple[str, str]:
    """What stands at the plan's mark and at the goal: amounts when everybody promised the same."""
    same = len({(row.promised_ore, row.months) for row in rows}) == 1
    plan = formats.bare_millions(rows[0].plan_ore) if same else formats.percent(Fraction(rows[0].months, 12), 0)
    goal = _("%(amount)s m") % {"amount": formats.bare_millions(rows[0].promised_ore)} if same else _("the promise")
    return _("Plan %(day)s: %(plan)s") % {"day": formats.day(last_day).rsplit(" ", 1)[0], "plan": plan}, goal


def finding(account: Account) -> str:
    """Who is ahead and who is behind."""
    ahead = [short_name(row.municipality) for row in account.measured if (row.ahead_ore or 0) >= 0]
    behind = [short_name(row.municipality) for row in account.measured if (row.ahead_ore or 0) < 0]
    if not behind:
        return _("%(names)s: on or ahead of the plan") % {"names": listed(ahead)}
    if not ahead:
        return _("%(names)s: behind the plan for savings") % {"names": listed(behind)}
    return _("%(ahead)s: ahead of the plan for savings. %(behind)s: behind") % {
        "ahead": listed(ahead), "behind": listed(behind),
    }  # fmt: skip


def _note(account: Account) -> str:
    years = sorted({row.baseline.base_year for row in account.measured if row.baseline})
    naive = sum(row.savings.naive_saving_ore for row in account.measured if row.savings)
    text = _(
        "Saving = the cost of %(year)s, carried forward with volumes and prices, minus what is paid now. "
        "Without carrying forward, the difference would be %(naive)s m. The upright line is the plan."
    )
    return text % {"year": ", ".join(map(str, years)), "naive": formats.bare_millions(naive, signed=True)}


def headings() -> list[str]:
    return [
        _("Municipality"), _("Naive difference, DKK"), _("Volume effect, DKK"), _("Price effect, DKK"),
        _("Running saving, DKK"), _("In prices of the base year, DKK"), _("Plan, DKK"), _("Deviation, DKK"),
        _("One-off cost, DKK"), _("Net saving, DKK"),
    ]  # fmt: skip


def cells(row: Saved) -> list[str]:
    if row.savings is None:
        return [short_name(row.municipality), _("not measured"), *["–"] * 8]
    found = row.savings
    signed = [formats.bare_kroner(ore, signed=True) for ore in (
        found.naive_saving_ore, found.volume_effect_ore, found.index_effect_ore, found.running_saving_ore,
    )]  # fmt: skip
    return [
        short_name(row.municipality), *signed,
        formats.bare_kroner(row.saved_ore or 0), formats.bare_kroner(row.plan_ore),
        formats.bare_kroner(row.ahead_ore or 0, signed=True), formats.bare_kroner(found.one_off_ore),
        formats.bare_kroner(found.net_saving_ore, signed=True),
    ]  # fmt: skip
