"""Pages about what a month rests on and what was wrong in it: evidence of a quantity, and corrections."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import corrections, evidence
from billing.access import joint_finance
from billing.allocation.errors import AllocationError
from billing.correction_forms import CorrectionForm, ValueCorrectionForm
from billing.models import DriverCorrection, DriverValue, LedgerLine, Period
from billing.names import names_of_codes
from servicecenter.ui import formats


@joint_finance("import_ledger")
def show_evidence(request, month, pk):
    """What a quantity was counted from: tickets and time, or who entered it from where."""
    values = DriverValue.objects.select_related("driver", "municipality", "period", "measured_by")
    value = get_object_or_404(values, pk=pk, period__month=month)
    tickets = evidence.of_values([value]).get(value.pk)
    context = {"value": value, "tickets": tickets, "parts": value.parts.order_by("first")}
    return render(request, "billing/evidence.html", context)


@joint_finance("run_allocation")
def show_correction(request, month):
    """Late lines, corrected quantities and the corrections booked so far of one closed month."""
    period = get_object_or_404(Period, month=month)
    return _page(request, period, CorrectionForm(), ValueCorrectionForm(period=period))


@require_POST
@joint_finance("run_allocation")
def correction_booking(request, month):
    period, form = get_object_or_404(Period, month=month), CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, period, form, ValueCorrectionForm(period=period), status=422)
    try:
        booked = corrections.correct(period, reason=form.cleaned_data["reason"], by=request.user)
    except AllocationError as error:
        form.add_error(None, error.sentence(names_of_codes()))
        return _page(request, period, form, ValueCorrectionForm(period=period), status=422)
    if booked is None:
        messages.info(request, _("There is no difference to what is booked already. Nothing changed."))
    else:
        text = _("The correction is booked in %(month)s.") % {"month": formats.month(booked.period.month)}
        messages.success(request, text)
    return redirect("billing:correction", month)


@require_POST
@joint_finance("run_allocation")
def value_correction(request, month):
    period = get_object_or_404(Period, month=month)
    form = ValueCorrectionForm(request.POST, period=period)
    if not form.is_valid():
        return _page(request, period, CorrectionForm(), form, status=422)
    corrections.correct_value(period, by=request.user, **form.cleaned_data)
    messages.success(request, _("The quantity is noted. Book the correction to move the cost."))
    return redirect("billing:correction", month)


def _page(request, period, form, value_form, status=200):
    late = LedgerLine.objects.filter(corrects=period).select_related("pool", "municipality", "correction__period")
    values = DriverCorrection.objects.filter(period=period).select_related("driver", "municipality", "measured_by")
    booked = period.corrections.select_related("period", "created_by").prefetch_related(
        "amounts__pool", "amounts__municipality"
    )
    context = {
        "period": period, "form": form, "value_form": value_form, "late": late, "values": values, "booked": booked,
    }  # fmt: skip
    return render(request, "billing/correction.html", context, status=status)
