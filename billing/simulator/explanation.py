"""What a scenario would mean, in sentences that stand alone."""

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.keys.sentences import Names, phrase
from billing.models import Baseline, Driver
from billing.simulator.both_ways import MATERIAL, BothWays
from billing.simulator.forms import ANY, MIX, RATIO, PoolForm, ScenarioForms
from billing.simulator.joining import Joining
from billing.simulator.scenario import Outcome
from servicecenter.ui import formats

NAMED = 4  # so many municipalities a sentence names; the table has them all


def finding(outcome: Outcome, names: dict[str, str], months: int) -> str:
    """Who the scenario moves most."""
    difference = outcome.amounts.difference_ore
    code = max(difference, key=lambda member: abs(difference[member]), default="")
    if not code or not difference[code]:
        return _("Nobody would pay more or less")
    words = {"name": names[code], "amount": formats.kroner(abs(difference[code]) // months)}
    if difference[code] > 0:
        return _("%(name)s would pay %(amount)s more a month") % words
    return _("%(name)s would pay %(amount)s less a month") % words


def sentences(forms: ScenarioForms, outcome: Outcome) -> list[str]:
    """One sentence per changed pool, and one for whoever joins."""
    names = forms.names
    told = [_about_pool(form, outcome.by_pool_ore.get(form.pool.code, {}), names) for form in forms.changed()]
    told += forms.giving.sentences()
    if forms.basis.joining:
        told.append(_about_joining(forms.basis.joining, forms.basis.drivers, outcome))
    return told


def about_the_promise(outcome: Outcome, names: dict[str, str], months: int) -> str:
    """What the scenario does to the promised saving of whoever would pay most more; empty without such a promise."""
    difference = outcome.amounts.difference_ore
    code = max(difference, key=lambda member: difference[member], default="")
    if not code or difference[code] <= 0:
        return ""
    baseline = Baseline.objects.filter(municipality__code=code, promised_ore__gt=0).first()
    if baseline is None:
        return ""
    return _("The promised saving of %(goal)s m for %(name)s would be %(amount)s harder to reach in a year.") % {
        "goal": formats.bare_millions(baseline.promised_ore), "name": names[code],
        "amount": formats.kroner(difference[code] * 12 // months),
    }  # fmt: skip


def both_ways_finding(both: BothWays, names: dict[str, str]) -> str:
    """Who the reciprocal way moves most from step-down, in one line."""
    if both.reciprocal_ore is None:
        return _("The reciprocal way cannot be calculated")
    if both.step_down is None:
        return _("Only the reciprocal way can be calculated")
    code = both.largest()
    ore = both.difference_ore()[code]
    if not ore:
        return _("Step-down and the reciprocal way give the same")
    words = {"name": names[code], "amount": formats.money(abs(ore))}
    if ore > 0:
        return _("Reciprocally, %(name)s would pay %(amount)s more than by step-down") % words
    return _("Reciprocally, %(name)s would pay %(amount)s less than by step-down") % words


def both_ways_verdict(both: BothWays, names: dict[str, str]) -> str:
    """Whether the two ways differ materially, and what follows."""
    if both.reciprocal_ore is None or both.step_down is None:
        return ""
    code = both.largest()
    if not both.difference_ore()[code]:
        return _("The two ways do not differ, so step-down is enough; it is easier to follow.")
    share = both.share(code)
    words = {
        "limit": formats.percent(MATERIAL, 0), "name": names[code],
        "share": "–" if share is None else formats.percent(abs(share)),
    }  # fmt: skip
    if both.is_material:
        return _(
            "The two ways differ materially: for at least one municipality by %(limit)s or more of what it pays. "
            "The largest difference in kroner is %(name)s's (%(share)s). Consider the reciprocal way, or another order."
        ) % words  # fmt: skip
    return _(
        "The two ways do not differ materially: for no municipality by as much as %(limit)s of what it pays. "
        "The largest difference is %(name)s's (%(share)s). Step-down is enough; it is easier to follow."
    ) % words  # fmt: skip


def left_out(both: BothWays, pools: dict[str, str]) -> list[str]:
    """What step-down leaves out of the scenario."""
    told = [
        _("Step-down cannot give back to a pool that is calculated before: %(part)s of %(giver)s to %(receiver)s is "
          "left out, and the rest of %(giver)s is shared in the same proportions.")
        % {
            "part": formats.percent(row.percent / 100, 0 if row.percent.denominator == 1 else 2),
            "giver": pools[row.giver], "receiver": pools[row.receiver],
        }
        for row in both.left_out if row.giver != both.stuck
    ]  # fmt: skip
    if both.stuck:
        text = _("“%(pool)s” gives everything to pools that are calculated before it, so step-down cannot share it.")
        told.append(text % {"pool": pools[both.stuck]})
    return told


def _about_pool(form: PoolForm, difference: dict[str, int], names: dict[str, str]) -> str:
    words = {"pool": form.pool.name, "key": key_in_words(form), "now": form.version.label if form.version else "–"}
    if form.value("noegle") == ANY:
        text = _("“%(pool)s” would be shared %(key)s. Now: %(now)s.") % words
    elif form.value("noegle"):
        text = _("“%(pool)s” would be shared by %(key)s. Now: %(now)s.") % words
    else:
        text = _("“%(pool)s” would keep its key (%(now)s).") % words
    return " ".join(part for part in (text, _bounds(form, names), _effect(difference, names)) if part)


def key_in_words(form: PoolForm) -> str:
    """The chosen key, short: active users; 30 % equal shares and 70 % inhabitants."""
    kind = form.value("noegle")
    labels = dict(form.field("noegle").field.choices)
    if kind == MIX:
        weight = Fraction(50 if form.value("vaegt") is None else form.value("vaegt"), 100)
        first, rest = (labels[form.value(name) or form.field(name).initial] for name in ("del", "rest"))
        return _("%(first)s of %(one)s and %(second)s of %(other)s") % {
            "first": formats.percent(weight, 0), "one": first.lower(),
            "second": formats.percent(1 - weight, 0), "other": rest.lower(),
        }  # fmt: skip
    if kind == ANY:
        drivers = {driver.code: driver.name for driver in form.basis.drivers}
        return phrase(form.choice().definition or {}, Names(drivers, form.names, {}))
    if kind == RATIO:
        return _("the agreed ratio %(ratio)s") % {"ratio": form.value("forhold")}
    return str(labels[kind]).lower()


def _bounds(form: PoolForm, names: dict[str, str]) -> str:
    floor, cap = ((value and Fraction(value) / 100) for value in (form.value("gulv"), form.value("loft")))
    if floor is None and cap is None:
        return ""
    words = {
        "who": names.get(form.value("hvem") or "", _("Everybody")),
        "floor": "" if floor is None else formats.percent(floor, 1),
        "cap": "" if cap is None else formats.percent(cap, 1),
    }
    if cap is None:
        return _("%(who)s would pay at least %(floor)s of the pool.") % words
    if floor is None:
        return _("%(who)s would pay at most %(cap)s of the pool.") % words
    return _("%(who)s would pay between %(floor)s and %(cap)s of the pool.") % words


def _effect(difference: dict[str, int], names: dict[str, str]) -> str:
    moved = sorted(((ore, code) for code, ore in difference.items() if ore), key=lambda row: (-abs(row[0]), row[1]))
    if not moved:
        return _("Nobody's part of the pool changes.")
    parts = [f"{names[code]} {formats.kroner(ore, signed=True)}" for ore, code in moved[:NAMED]]
    more = len(moved) - NAMED
    if more > 0:
        parts.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": more})
    return _("Difference: %(parts)s") % {"parts": ", ".join(parts)}


def _about_joining(who: Joining, drivers: list[Driver], outcome: Outcome) -> str:
    carried = outcome.amounts.alternative_ore.get(who.code, 0)
    words = {"name": who.name, "amount": formats.kroner(carried)}
    text = _(
        "%(name)s would take part in every shared pool and carry %(amount)s of the same cost. "
        "What the municipality brings in cost of its own is not counted."
    )
    estimated = [driver.name.lower() for driver in drivers if driver.code in who.estimated]
    if not estimated:
        return text % words
    guess = _("Estimated in proportion to what is written: %(drivers)s.") % {"drivers": ", ".join(estimated)}
    return f"{text % words} {guess}"
