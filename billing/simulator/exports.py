"""A simulation as a table to keep. Its first row says that it is one."""

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.exports import kroner
from billing.simulator.explanation import sentences
from billing.simulator.forms import ScenarioForms
from billing.simulator.scenario import Outcome

Row = list[str | Decimal]


def rows(forms: ScenarioForms, outcome: Outcome, *, months: str, address: str) -> list[Row]:
    table: list[Row] = [
        [_("Simulation for discussion. This is not a bill, and nothing is stored in the accounts.")],
        [_("Months"), months],
        [_("Address of the scenario"), address],
    ]
    table += [[sentence] for sentence in sentences(forms, outcome)]
    table += [
        [],
        [_("Municipality"), _("Now, DKK"), _("Scenario, DKK"), _("Difference, DKK")],
    ]
    amounts = outcome.amounts
    for code, difference in amounts.difference_ore.items():
        table.append([forms.names[code], *_kroner(amounts.now_ore[code], amounts.alternative_ore[code], difference)])
    sums = (sum(side.values()) for side in (amounts.now_ore, amounts.alternative_ore, amounts.difference_ore))
    table.append([_("Total"), *_kroner(*sums)])
    return [*table, [], *_per_pool(forms, outcome)]


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
