"""The account since the start as rows: the same words and figures on the page and in its exports."""

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.exports import kroner
from billing.parties import short_name
from billing.reports.experience import FEWEST, Experience, Year
from servicecenter.ui import formats
from tickets.sla.attainment import Attainment


def share(count: Attainment) -> str:
    """95,1 % (4.312 of 4.534); too few are not told."""
    if count.rate is None:
        return _("not measured")
    if count.n < FEWEST:
        return _("too few tickets")
    words = {"share": formats.percent(count.rate, 1), "met": formats.number(count.met), "n": formats.number(count.n)}
    return _("%(share)s (%(met)s of %(n)s)") % words


def saving(year: Year) -> str:
    found = year.savings
    if found.saved_ore is None:
        return _("not measured")
    text = _("%(saved)s m; the plan was %(plan)s m") % {
        "saved": formats.bare_millions(found.saved_ore), "plan": formats.bare_millions(found.plan_ore),
    }  # fmt: skip
    if found.is_whole:
        return text
    counts = {"measured": len(found.measured), "all": len(found.rows)}
    return f"{text} ({_('%(measured)s of %(all)s municipalities measured') % counts})"


def period_of(year: Year) -> str:
    return _("%(year)s, %(count)s months") % {"year": year.year, "count": len(year.months)}


def table(found: Experience) -> list[list[str]]:
    """One row per kind of figure, one column per year."""
    rows = [
        [_("Joint cost a month on average"), *(formats.kroner(year.monthly_ore) for year in found.years)],
        [_("Saved in the prices of the base year"), *map(saving, found.years)],
        [_("First answer in time"), *(share(year.answered) for year in found.years)],
        [_("Solved in time"), *(share(year.solved) for year in found.years)],
        [_("Equal service"), *(year.equality or _("not measured") for year in found.years)],
    ]
    for driver in found.drivers:
        costs = ("–" if ore is None else formats.money(ore) for ore in found.per_unit(driver))
        rows.append([_("Cost per unit of “%(driver)s”") % {"driver": driver.name.lower()}, *costs])
    return rows


def export_rows(found: Experience) -> list[list[str | Decimal]]:
    """The whole account as a table to keep."""
    span = {"first": formats.month(found.first), "last": formats.month(found.last)}
    rows: list[list[str | Decimal]] = [
        [_("What we have experienced together, %(first)s to %(last)s") % span],
        [],
        ["", *map(period_of, found.years)],
    ]
    rows += [[*row] for row in table(found)]
    rows += [[], [_("Cost, DKK"), *map(period_of, found.years)]]
    rows += [
        [short_name(owner), *(kroner(Fraction(year.cost_ore.get(owner, 0))) for year in found.years)]
        for owner in found.municipalities
    ]
    rows.append([_("Total"), *(kroner(Fraction(year.total_ore)) for year in found.years)])
    rows += [[], [_("What we learnt")]]
    rows += [[lesson.title, lesson.text, short_name(lesson.municipality)] for lesson in found.lessons]
    return rows
