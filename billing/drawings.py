"""The drawings of the reports, each with its finding as title and its numbers as a table."""

from fractions import Fraction
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from billing.models import Pool
from billing.overview import Overview
from billing.parties import party, short_name
from billing.statements import Row, Statement, month_name
from municipalities.models import Municipality
from servicecenter import charts
from servicecenter.charts import Figure
from servicecenter.ui import formats
from servicecenter.ui.templatetags.ui import listed
from tickets.sla.attainment import Attainment

FEW = 30  # decided promises below which a share says too little


def lead(seen: Overview, equality: dict[str, Any] | None) -> list[str]:
    """The month in a few sentences: against the budget, the savings, and the service."""
    said = [_budget_finding(seen) or _cost_finding(seen)]
    said += _savings_findings(seen)
    if equality:
        said.append(equality["part"].finding)
    return said


def _budget_finding(seen: Overview) -> str:
    limit = seen.budget_of(seen.period.month)
    if not limit:
        return ""
    deviation = Fraction(seen.total_ore - limit, limit)
    words = {"percent": formats.percent(abs(deviation), 1)}
    if deviation > 0:
        return _("The cost was %(percent)s above the budget") % words
    return _("The cost was %(percent)s below the budget") % words


def _savings_findings(seen: Overview) -> list[str]:
    found = seen.savings
    if found.saved_ore is None:
        return [_("The saving is not measured")]
    behind = [row for row in found.measured if (row.ahead_ore or 0) < 0]
    if found.saved_ore >= found.plan_ore:
        return [_("The savings together are on plan")]
    names = listed([short_name(row.municipality) for row in behind])
    lacking = formats.bare_millions(-sum(row.ahead_ore or 0 for row in behind))
    return [
        _("The savings together are behind the plan, because %(names)s lacks %(amount)s m")
        % {"names": names, "amount": lacking}
    ]


def cost_per_month(seen: Overview) -> Figure:
    parties = [party(owner) for owner in seen.municipalities]
    values = [[seen.of_month(month, owner.pk) for owner in seen.municipalities] for month in seen.months]
    budget = [seen.budget_of(month) for month in seen.months]
    finding = _cost_finding(seen)
    drawing = charts.stacked_months(
        [month_name(month)[:3] for month in seen.months], parties, values, title=finding,
        budget=[] if None in budget else [ore or 0 for ore in budget], words=(_("Total"), _("Budget")),
        show=_millions,
        show_tick=lambda ore: formats.number(Fraction(ore) / 10**8, 0 if float(ore) % 10**8 == 0 else 1),
    )  # fmt: skip
    rows = [
        [formats.month(month), *(formats.amount(ore) for ore in row), formats.amount(sum(row)), _amount(limit)]
        for month, row, limit in zip(seen.months, values, budget, strict=True)
    ]
    headings = [_("Month"), *(someone.name for someone in parties), _("Total, DKK"), _("Budget, DKK")]
    unit = _("Joint it cost per month, by municipality, DKK m")
    return Figure(drawing, finding, unit, headings, rows, legend=parties)


def _cost_finding(seen: Overview) -> str:
    first, now = seen.of_month(seen.months[0]), seen.total_ore
    if len(seen.months) == 1 or not first:
        return _("The month cost %(amount)s") % {"amount": formats.kroner(now)}
    change = Fraction(now - first, first)
    words = {"percent": formats.percent(abs(change), 0), "month": formats.month(seen.months[0])}
    if change > 0:
        return _("The cost has risen %(percent)s since %(month)s") % words
    return _("The cost has fallen %(percent)s since %(month)s") % words


def budget_per_pool(seen: Overview) -> Figure | None:
    """Spending of the year's calculated months that have a budget against it; None without any."""
    budgeted = [(pool, seen.budgeted_months(pool)) for pool in seen.pools if pool]
    spent = [(pool, seen.spent_on(pool.pk, months), seen.budget_of_pool(pool)) for pool, months in budgeted if months]
    spent = [row for row in spent if row[2]]
    if not spent:
        return None
    over = sum(ore > limit for _pool, ore, limit in spent)
    finding = (
        ngettext("%(count)s pool is over its budget", "%(count)s pools are over their budgets", over) % {"count": over}
        if over
        else _("No pool is over its budget")
    )
    bars = [
        charts.Spending(pool.name, ore, limit, f"{_millions(ore)} ({_deviation(ore, limit)})", ore > limit)
        for pool, ore, limit in spent
    ]  # fmt: skip
    rows = [
        [pool.name, formats.amount(ore), formats.amount(limit), _deviation(ore, limit)] for pool, ore, limit in spent
    ]
    unit = _("Spending from %(first)s to %(last)s, DKK m. The black line is the budget") % {
        "first": month_name(seen.year[0]), "last": month_name(seen.year[-1]),
    }  # fmt: skip
    headings = [_("Pool"), _("Spent, DKK"), _("Budget, DKK"), _("Deviation")]
    return Figure(charts.budget_bars(bars, title=finding), finding, unit, headings, rows)


def _millions(ore: Any) -> str:
    return formats.number(Fraction(ore) / 10**8, 2)


def _deviation(ore: int, limit: int) -> str:
    return formats.percent(Fraction(ore - limit, limit), 1, signed=True)


def promises_kept(seen: Overview) -> Figure | None:
    """First answer and solution in time per municipality, with the interval that chance leaves open."""
    kinds = [("first_response", _("First answer in time")), ("resolution", _("Solved in time"))]
    kinds = [(kind, name) for kind, name in kinds if any(c.n for c in seen.service.get(kind, {}).values())]
    if not kinds:
        return None
    target = Fraction(settings.SERVICE_TARGET_PERCENT, 100)
    groups = [
        (name, [_share(owner, _count(seen, kind, owner)) for owner in seen.municipalities]) for kind, name in kinds
    ]
    rows = [
        [f"{name}, {short_name(owner)}", *_numbers(_count(seen, kind, owner))]
        for kind, name in kinds for owner in seen.municipalities
    ]  # fmt: skip
    finding = _service_finding(seen, kinds, target)
    drawing = charts.intervals(
        groups,
        target=float(target),
        title=finding,
        wide=charts.FULL,
        target_text=_("Goal %(goal)s") % {"goal": formats.percent(target, 0)},
    )
    unit = _("Share of the promises decided in the month. The line shows the 95% uncertainty")
    headings = [_("Promise"), _("Share"), _("95% interval"), _("Kept"), _("Broken"), _("Not counted"), _("Undecided")]
    note = _("A promise counts in the month in which it was kept or broken. Time counts in opening hours only.")
    return Figure(drawing, finding, unit, headings, rows, note=note)


def _count(seen: Overview, kind: str, owner: Municipality) -> Attainment:
    return seen.service[kind].get(owner.pk, Attainment())


def _share(owner: Municipality, count: Attainment) -> charts.Share:
    if count.rate is None or count.n < FEW:
        return charts.Share(party(owner), None, None, None, _("too few tickets"), f"n = {count.n}")
    low, high = count.interval
    return charts.Share(
        party(owner), float(count.rate), low, high, formats.percent(count.rate, 1), f"({_interval(count)})"
    )


def _interval(count: Attainment) -> str:
    low, high = count.interval
    if low is None or high is None:
        return "–"
    return f"{formats.number(100 * low, 1)}–{formats.number(100 * high, 1)}"


def _numbers(count: Attainment) -> list[str]:
    share = "–" if count.rate is None else formats.percent(count.rate, 1)
    counts = (count.met, count.breached, count.excluded, count.undecided)
    return [share, _interval(count), *(formats.number(number) for number in counts)]


def _is_below(count: Attainment, target: Fraction) -> bool:
    """The whole interval lies under the goal."""
    _low, high = count.interval
    return count.n >= FEW and high is not None and high < target


def _service_finding(seen: Overview, kinds: list[tuple[str, str]], target: Fraction) -> str:
    """Names who is certainly below the goal: the whole interval lies under it."""
    below = [
        short_name(owner)
        for owner in seen.municipalities
        if any(_is_below(_count(seen, kind, owner), target) for kind, _words in kinds)
    ]
    goal = formats.percent(target, 0)
    if below:
        return _("Below the goal of %(goal)s: %(names)s") % {"goal": goal, "names": ", ".join(below)}
    return _("No municipality is certainly below the goal of %(goal)s") % {"goal": goal}


def queue(seen: Overview) -> Figure | None:
    if len(seen.weeks) < 2 or not any(sum(counts) for _monday, *counts in seen.weeks):
        return None
    mondays, received, solved, still_open = zip(*seen.weeks, strict=True)
    words = {"count": formats.number(still_open[-1])}
    if still_open[-1] < still_open[0]:
        finding = _("The queue is shrinking: %(count)s open tickets") % words
    elif still_open[-1] > still_open[0]:
        finding = _("The queue is growing: %(count)s open tickets") % words
    else:
        finding = _("The queue is unchanged: %(count)s open tickets") % words
    labels = [_("week %(number)s") % {"number": monday.isocalendar().week} for monday in mondays]
    drawing = charts.queue_lines(
        labels, received=charts.Series(_("Received"), received), solved=charts.Series(_("Solved"), solved),
        open_=charts.Series(pgettext("tickets", "Open"), still_open), title=finding,
    )  # fmt: skip
    rows = [[label, *map(formats.number, week[1:])] for label, week in zip(labels, seen.weeks, strict=True)]
    unit = _("Per week. Blue line: received. Dashed line: solved. Area: open tickets at the end of the week")
    return Figure(drawing, finding, unit, [_("Week"), _("Received"), _("Solved"), pgettext("tickets", "Open")], rows)


def bill(seen: Overview) -> Figure | None:
    """From pools through keys to municipalities, giving pools first. A pool with a credit is no flow: table only."""
    owners = seen.municipalities
    month = [seen.period.month]
    givers = {transfer.giver_id for transfer in seen.moved}
    order = sorted(seen.pools, key=lambda pool: pool is None or pool.pk not in givers)
    amounts = {pool: [seen.of_pool(pool.pk if pool else None, month, owner.pk) for owner in owners] for pool in order}
    drawn = {pool: row for pool, row in amounts.items() if sum(row) > 0 and min(row) >= 0}
    if not drawn:
        return None
    words = {"amount": formats.millions(seen.total_ore), "count": len(owners)}
    finding = _("How %(amount)s kr. becomes %(count)s bills") % words
    parties = [party(owner) for owner in owners]
    pools = [charts.Pool(_name(pool), _key(seen, pool), row) for pool, row in drawn.items()]
    headings = (_("Cost pool"), _("Allocation key"), _("Municipality"))
    rows = [
        [
            _("%(giver)s to %(receiver)s") % {"giver": moved.giver.name, "receiver": moved.receiver.name},
            _("Given to another pool"), *("–" for _owner in owners), formats.amount(moved.amount_ore),
        ]
        for moved in seen.moved
    ]  # fmt: skip
    rows += [
        [_name(pool), _key(seen, pool), *map(formats.amount, row), formats.amount(sum(row))]
        for pool, row in amounts.items()
    ]
    unit = _("From cost pool through allocation key to municipality, %(month)s") % {"month": formats.month(month[0])}
    columns = [headings[0], headings[1], *(someone.name for someone in parties), _("Total, DKK")]
    drawing = charts.flow(pools, parties, headings=headings, title=finding)
    return Figure(drawing, finding, unit, columns, rows, legend=parties, note=_given(seen))


def _given(seen: Overview) -> str:
    """What pools gave to each other before the municipalities shared the rest; empty when none did."""
    told = [
        _("%(amount)s from %(giver)s to %(receiver)s")
        % {
            "amount": formats.kroner(moved.amount_ore), "giver": moved.giver.name, "receiver": moved.receiver.name,
        }
        for moved in seen.moved
    ]  # fmt: skip
    return _("Pools that serve others gave first: %(parts)s.") % {"parts": listed(told)} if told else ""


def _name(pool: Pool | None) -> str:
    return pool.name if pool else _("Other direct cost")


def _key(seen: Overview, pool: Pool | None) -> str:
    return seen.keys.get(pool.pk if pool else None) or _("Direct invoice")


def change(statement: Statement) -> Figure | None:
    """Why the bill differs from the month before; None when there is none, or nothing changed."""
    changed = [row for row in statement.rows if row.difference_ore]
    if statement.before is None or not changed:
        return None
    before, now = month_name(statement.before.month), month_name(statement.period.month)
    finding = _("Change by pool for %(name)s from %(before)s to %(now)s: %(amount)s in all") % {
        "name": short_name(statement.municipality), "before": before, "now": now,
        "amount": formats.kroner(statement.difference_ore, signed=True),
    }  # fmt: skip
    steps = [charts.Step(row.name, row.difference_ore) for row in changed]
    drawing = charts.waterfall(steps, total_name=_("Difference in all"), title=finding)
    rows = [[row.name, *_three(row)] for row in statement.rows]
    headings = [_("Pool"), _in_kroner(before), _in_kroner(now), _("Difference, DKK")]
    return Figure(drawing, finding, "", headings, rows)


def _in_kroner(month: str) -> str:
    return _("%(month)s, DKK") % {"month": month.capitalize()}


def _three(row: Row) -> list[str]:
    return [
        formats.amount(row.before_ore),
        formats.amount(row.amount_ore),
        formats.amount(row.difference_ore, signed=True),
    ]


def _amount(ore: int | None) -> str:
    return "–" if ore is None else formats.amount(ore)
