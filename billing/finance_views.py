"""Pages of the centre's finance staff: reading lines in, and the steps of a month."""

from datetime import date

from django.contrib import messages
from django.db.models import Count, Prefetch, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from billing import cycle, imports, measuring, periods
from billing.access import is_joint_finance, joint_finance
from billing.comparison import compare
from billing.csv_lines import Unreadable, read_table
from billing.forms import AssignmentForm, MappingForm, QuantitiesForm, UploadForm
from billing.models import (
    CorrectionAmount,
    Driver,
    DriverValue,
    ImportBatch,
    LedgerLine,
    Period,
    Run,
    Upload,
)
from billing.names import names_of_codes
from billing.subscriptions import receipts

SHOWN = 100


@joint_finance("import_ledger")
def import_list(request):
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = imports.receive(
                data=file.read(), name=file.name, source=form.cleaned_data["source"], by=request.user
            )
        except Unreadable as unreadable:
            form.add_error("file", str(unreadable))
        else:
            return redirect("billing:import", upload.pk)
    batches = ImportBatch.objects.select_related("created_by")[:SHOWN]
    status = 422 if form.is_bound else 200
    return render(request, "billing/import_list.html", {"form": form, "batches": batches}, status=status)


@joint_finance("import_ledger")
def import_preview(request, pk):
    """What the file would do. Posting a mapping looks again; the import itself is an address of its own."""
    upload = get_object_or_404(Upload.objects.in_scope(), pk=pk, budget_year=None)
    table = read_table(upload.content)
    form = MappingForm(request.POST or None, header=table.header, initial=upload.mapping)
    if form.is_valid():
        imports.keep_mapping(upload, form.mapping(), by=request.user)
        return redirect("billing:import", upload.pk)
    found = imports.preview(upload)
    context = {
        "upload": upload, "form": form, "found": found, "faults": found.faults[:500], "changes": found.changes[:SHOWN],
        "shown": [(draft, found.rules.get(draft.line)) for draft in found.new[:SHOWN]],
    }  # fmt: skip
    return render(request, "billing/import_preview.html", context, status=422 if form.is_bound else 200)


@joint_finance("import_ledger")
def import_rejects(request, pk):
    """The refused rows of a file, to be mended."""
    upload = get_object_or_404(Upload.objects.in_scope(), pk=pk, budget_year=None)
    name = f"afviste-{upload.pk}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(
        imports.rejects_as_csv(upload, imports.preview(upload).faults),
        content_type="text/csv; charset=utf-8",
        headers=headers,
    )


@require_POST
@joint_finance("import_ledger")
def import_confirmation(request, pk):
    upload = get_object_or_404(Upload.objects.in_scope(), pk=pk, budget_year=None)
    batch = imports.import_lines(upload, by=request.user)
    if batch is None:
        messages.info(request, _("Every line of the file was in the books already. Nothing changed."))
    else:
        text = ngettext("%(count)s line was read in.", "%(count)s lines were read in.", batch.line_count)
        messages.success(request, text % {"count": batch.line_count})
        if batch.lines.unassigned().exists():
            return redirect("billing:work_list")
    return redirect("billing:periods")


@joint_finance("run_allocation")
def period_list(request):
    rows = [(period, next(iter(period.runs.all()), None)) for period in _with_runs(Period.objects.all())]
    return render(request, "billing/period_list.html", {"rows": rows})


@joint_finance("run_allocation")
def show_period(request, month):
    """The month as a row of steps. It can be left and found again: everything shown is read from rows."""
    period = _period(month)
    seen = cycle.read(period)
    measured = DriverValue.objects.filter(period=period).exclude(driver__source=Driver.Source.ENTERED)
    request_row = period.requests.select_related("requested_by").first()
    context = {
        "period": period,
        "cycle": seen,
        "run": seen.run,
        "request_row": request_row,
        "is_running": bool(request_row) and not request_row.is_settled,
        "error": request_row.sentence(names_of_codes()) if request_row else "",
        "lines": LedgerLine.objects.filter(period=period).aggregate(
            count=Count("pk"), total=Sum("amount_ore"), late=Count("pk", filter=Q(corrects__isnull=False))
        ),
        "quantities": QuantitiesForm(period=period),
        "measured": measured.select_related("driver", "municipality").order_by("driver__code", "municipality__code"),
        "compared": compare(seen.run) if seen.run else None,
        "corrections": CorrectionAmount.objects.booked_in(period),
        "may_issue": is_joint_finance(request.user, "manage_invoicing"),
        "may_approve": is_joint_finance(request.user, "approve_period"),
        "someone_waits": any(receipt.waiting for receipt in seen.receipts),
        "is_own_run": period.calculated_by_id == request.user.pk,
    }
    return render(request, "billing/period.html", context)


@require_POST
@joint_finance("run_allocation")
def calculation(request, month):
    periods.request_run(_period(month), by=request.user)
    messages.info(request, _("The calculation has begun. You can leave the page; the result stands here."))
    return redirect(f"{reverse('billing:period', args=[month])}#calculation")


@require_POST
@joint_finance("approve_period")
def approval(request, month):
    periods.approve(_period(month), by=request.user)
    messages.success(request, _("The month is approved."))
    return redirect("billing:period", month)


@require_POST
@joint_finance("approve_period")
def closing(request, month):
    periods.close(_period(month), by=request.user)
    messages.success(request, _("The month is closed and locked."))
    return redirect("billing:period", month)


@require_POST
@joint_finance("manage_invoicing")
def statements_sending(request, month):
    """Send the month's statement to those on the list who have not got it."""
    count = receipts.send_waiting(_period(month), by=request.user, at=timezone.now().replace(microsecond=0))
    text = ngettext("%(count)s statement is on its way.", "%(count)s statements are on their way.", count)
    messages.success(request, text % {"count": count})
    return redirect(f"{reverse('billing:period', args=[month])}#statements")


@require_POST
@joint_finance("import_ledger")
def quantities(request, month):
    period = _period(month)
    form = QuantitiesForm(request.POST, period=period)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, f"{form.fields[name].label}: {errors[0]}")
        return redirect("billing:period", month)
    for driver, member, value in form.changes():
        measuring.enter_value(driver, period, member, value, by=request.user)
    messages.success(request, _("The quantities are stored."))
    return redirect("billing:period", month)


@require_POST
@joint_finance("import_ledger")
def assignment(request, month, pk):
    line = get_object_or_404(LedgerLine.objects.in_scope(), pk=pk, period=_period(month))
    form = AssignmentForm(request.POST, prefix=f"l{line.pk}")
    if form.is_valid():
        periods.assign(line, by=request.user, **form.cleaned_data)
    else:
        messages.error(
            request,
            str(form.non_field_errors()[0]) if form.non_field_errors() else _("Choose a pool or a municipality."),
        )
    return redirect("billing:period", month)


def _period(month: date) -> Period:
    return get_object_or_404(Period.objects.select_related("calculated_by", "approved_by", "closed_by"), month=month)


def _with_runs(queryset):
    return queryset.prefetch_related(Prefetch("runs", Run.objects.filter(is_current=True)))
