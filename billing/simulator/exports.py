"""A simulation as a table to keep. Its first row says that it is one."""

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.exports import kroner
from billing.simulator.both_ways import BothWays
from billing.simulator.explanation import both_ways_finding, both_ways_verdict, left_out, sentences
from billing.simulator.forms import ScenarioForms
from billing.simulator.scenario import Outcome
from servicecenter.ui.formats import scaled

Row = list[str | Decimal]


def rows(
    forms: ScenarioForms, outcome: Outcome | None, both: BothWays | None, *, months: str, address: str
) -> list[Row]:
    """`outcome` is missing when only the reciprocal way can be calculated."""
    table: list[Row] = [
        [_("Simulation for discussion. This is not a bill, and nothing is stored in the accounts.")],
        [_("Months"), months],
        [_("Address of the scenario"), address],
    ]
    if outcome:
        table += [[sentence] for sentence in sentences(forms, outcome)]
        table += [[], *_scenario(forms, outcome)]
    return [*table, [], *_both_ways(forms, both)] if both else table


def _scenario(forms: ScenarioForms, outcome: Outcome) -> list[Row]:
    table: list[Row] = [[_("Municipality"), _("Now, DKK"), _("Scenario, DKK"), _("Difference, DKK")]]
    amounts = outcome.amounts
    for code, difference in amounts.difference_ore.items():
        table.append([forms.names[code], *_kroner(amounts.now_ore[code], amounts.alternative_ore[code], difference)])
    sums = (sum(side.values()) for side in (amounts.now_ore, amounts.alternative_ore, amounts.difference_ore))
    table.append([_("Total"), *_kroner(*sums)])
    return [*table, [], *_per_pool(forms, outcome)]


def _both_ways(forms: ScenarioForms, both: BothWays) -> list[Row]:
    """The share is a fraction with six decimals, empty where step-down asks for nothing."""
    told = [both_ways_finding(both, forms.names), both_ways_verdict(both, forms.names)]
    told += [*left_out(both, forms.giving.names), *map(forms.giving.said, both.reciprocal_errors)]
    table: list[Row] = [[_("Step-down and reciprocally")], *([text] for text in told if text)]
    table.append(
        [_("Municipality"), _("Step-down, DKK"), _("Reciprocal, DKK"), _("Difference, DKK"), _("Share of step-down")]
    )
    difference = both.difference_ore()
    for code, *sides in both.rows():
        row: Row = [forms.names[code], *("" if ore is None else _kroner(ore)[0] for ore in sides)]
        if difference:
            share = both.share(code)
            row += [*_kroner(difference[code]), "" if share is None else Decimal(scaled(share, 6)).scaleb(-6)]
        table.append(row)
    return table


def _per_pool(forms: ScenarioForms, outcome: Outcome) -> list[Row]:
    headings: Row = [_("Pool"), *(forms.names[code] for code in outcome.amounts.now_ore)]
    found: list[Row] = []
    for pool in forms.basis.pools:
        difference = outcome.by_pool_ore.get(pool.code)
        if difference:
            found.append([pool.name, *_kroner(*(difference.get(code, 0) for code in outcome.amounts.now_ore))])
    return [[_("Difference by pool, DKK")], headings, *found] if found else []


def _kroner(*amounts: int) -> list[Decimal]:
    return [kroner(Fraction(ore)) for ore in amounts]
