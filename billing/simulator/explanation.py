"""What a scenario would mean, in sentences that stand alone."""

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.keys.sentences import Names, phrase
from billing.models import Baseline, Driver
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
