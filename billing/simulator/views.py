"""The simulator's page and its exports. Everything asked for stands in the address."""

from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import sheets
from billing.access import reads_totals
from billing.allocation.errors import AllocationError
from billing.parties import NO_COLOUR
from billing.simulator import both_ways, explanation, exports
from billing.simulator.both_ways import BothWays
from billing.simulator.forms import PoolForm, ScenarioForms
from billing.simulator.scenario import Choice, Outcome, compare, faults
from servicecenter import charts
from servicecenter.charts import Drawing, Party
from servicecenter.ui import formats

DRAWN = 12  # so many municipalities the drawing shows; the table has them all
YEAR = 12


@reads_totals
def show_simulator(request):
    forms = ScenarioForms.read(request.GET)
    if forms is None:
        return render(request, "billing/simulator_empty.html")
    valid = forms.are_valid()
    asked = forms.asked() if valid else request.GET.dict()
    address = reverse("billing:simulator", query=asked)
    if asked != request.GET.dict() and not request.htmx:
        return redirect(address)
    both = _both_ways(forms) if valid else None
    outcome, errors = _outcome(forms, both) if valid else (None, [])
    context = {"forms": forms, "errors": errors, "query": urlencode(asked), "months": months_in_words(forms)}
    if outcome:
        context |= _shown(forms, outcome)
    if both:
        context |= _shown_both(forms, both)
    response = render(request, "billing/simulator.html", context)
    if request.htmx and valid:
        response["HX-Push-Url"] = address
    return response


@reads_totals
def export_simulation(request, ending):
    forms = ScenarioForms.read(request.GET)
    if forms is None or not forms.are_valid():
        raise Http404
    both = _both_ways(forms)
    outcome, _errors = _outcome(forms, both)
    if outcome is None and (both is None or both.reciprocal_ore is None):
        raise Http404
    address = request.build_absolute_uri(reverse("billing:simulator", query=forms.asked()))
    rows = exports.rows(forms, outcome, both, months=months_in_words(forms), address=address)
    return sheets.download(rows, ending, name=f"simulering-{_file_name(forms)}", title=_("Simulation"))


def months_in_words(forms: ScenarioForms) -> str:
    """October 2026; January to October 2026 (10 months)."""
    months = [month.period.month for month in forms.basis.months]
    if len(months) == 1:
        return formats.month(months[0])
    return _("%(first)s to %(last)s (%(count)s months)") % {
        "first": formats.month(months[0]), "last": formats.month(months[-1]), "count": len(months),
    }  # fmt: skip


def _file_name(forms: ScenarioForms) -> str:
    codes = [month.period.code for month in forms.basis.months]
    return codes[0] if len(codes) == 1 else f"{codes[0]}-{codes[-1]}"


def _both_ways(forms: ScenarioForms) -> BothWays | None:
    """Step-down and reciprocally, when the scenario says what pools give."""
    return both_ways.calculate(forms.basis, forms.choices()) if forms.giving.gives() else None


def _outcome(forms: ScenarioForms, both: BothWays | None) -> tuple[Outcome | None, list[str]]:
    """The outcome, or the sentences that belong to no pool; a pool's own stand beside its fields."""
    outcome, errors = (both.step_down, both.step_down_errors) if both else compare(forms.basis, forms.choices())
    names = {
        "pool": {pool.code: pool.name for pool in forms.basis.pools}, "member": forms.names,
        "driver": {driver.code: driver.name for driver in forms.basis.drivers},
    }  # fmt: skip
    by_pool = {form.pool.code: form for form in forms.pools}
    general = []
    for error in errors:
        form = by_pool.get(str(error.where.get("pool")))
        if form:
            _refuse(forms, form, error, names)
        else:
            general.append(error.sentence(names))
    return outcome, general


def _refuse(forms: ScenarioForms, form: PoolForm, error: AllocationError, names: dict) -> None:
    """Beside the field of the innermost key that alone gives the same refusal, or else of the pool."""
    for node in form.nodes():
        for own in faults(forms.basis, {form.pool.code: Choice(node.definition())}):
            if own.code == error.code:
                node.refuse(own, names)
                return
    form.fault(error.sentence(names), is_about_bounds=error.code == "BOUNDS")


def _shown(forms: ScenarioForms, outcome: Outcome) -> dict:
    months, amounts = len(forms.basis.months), outcome.amounts
    finding = explanation.finding(outcome, forms.names, months)
    table = [
        (party, amounts.now_ore[code], amounts.alternative_ore[code], amounts.difference_ore[code])
        for code, party in _parties(forms, outcome).items()
    ]
    return {
        "outcome": outcome,
        "finding": finding,
        "drawing": _drawing(forms, outcome, finding, months),
        "table": table,
        "scenario_ore": sum(amounts.alternative_ore.values()),
        "sentences": explanation.sentences(forms, outcome),
        "promise": explanation.about_the_promise(outcome, forms.names, months),
        "drawn": DRAWN if len(table) > DRAWN else None,
    }


def _shown_both(forms: ScenarioForms, both: BothWays) -> dict:
    difference = both.difference_ore()
    told = {error.code for error in both.step_down_errors}
    own = [error for error in both.reciprocal_errors if error.code not in told]
    general = [forms.giving.said(error) for error in own if not forms.giving.refuse(error)]
    known = forms.basis.municipalities
    return {
        "both": both,
        "both_finding": explanation.both_ways_finding(both, forms.names),
        "both_verdict": explanation.both_ways_verdict(both, forms.names),
        "both_left_out": explanation.left_out(both, forms.giving.names),
        "both_faults": general,
        "both_table": [
            (Party(forms.names[code], (code in known and known[code].colour) or NO_COLOUR), down, reciprocal,
             difference.get(code), both.share(code) if difference else None)
            for code, down, reciprocal in both.rows()
        ],
        "both_sums": both.sums(),
    }  # fmt: skip


def _parties(forms: ScenarioForms, outcome: Outcome) -> dict[str, Party]:
    known = forms.basis.municipalities
    colours = {code: known[code].colour if code in known else "" for code in outcome.amounts.now_ore}
    return {code: Party(forms.names[code], colour or NO_COLOUR) for code, colour in colours.items()}


def _drawing(forms: ScenarioForms, outcome: Outcome, finding: str, months: int) -> Drawing | None:
    difference = outcome.amounts.difference_ore
    if not any(difference.values()):
        return None
    largest = sorted(difference, key=lambda code: -abs(difference[code]))[:DRAWN]
    parties = _parties(forms, outcome)
    rows = [
        charts.Change(
            parties[code], difference[code] / months, formats.kroner(difference[code] // months, signed=True),
            _("%(amount)s a year") % {"amount": formats.thousands(difference[code] * YEAR // months, signed=True)},
        )
        for code in difference if code in largest
    ]  # fmt: skip
    return charts.diverging_bars(rows, ends=(_("cheaper"), _("dearer")), title=finding)
