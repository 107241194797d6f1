"""Pages on which the year's budget is read from a file: the file, what it would do, and its refused rows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from billing.access import joint_finance
from billing.csv_lines import Unreadable, read_table
from billing.forms import MappingForm, TableFileForm
from billing.imports import keep_mapping, rejects_as_csv
from billing.models import Upload
from billing.settlement import budget_file

SHOWN = 100


@joint_finance("import_ledger")
def budget_import(request, year):
    form = TableFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = budget_file.receive(year, data=file.read(), name=file.name, by=request.user)
        except Unreadable as unreadable:
            form.add_error("file", str(unreadable))
        else:
            return redirect("billing:budget_preview", year, upload.pk)
    context = {"number": year, "form": form}
    return render(request, "billing/budget_import.html", context, status=422 if form.is_bound else 200)


@joint_finance("import_ledger")
def budget_preview(request, year, pk):
    """What the file would do. Posting a mapping looks again; storing it is an address of its own."""
    upload = _upload(year, pk)
    header = read_table(upload.content).header
    form = MappingForm(request.POST or None, header=header, initial=upload.mapping, fields=budget_file.FIELDS)
    if form.is_valid():
        keep_mapping(upload, form.mapping(), by=request.user)
        return redirect("billing:budget_preview", year, pk)
    found = budget_file.preview(upload)
    context = {
        "number": year, "upload": upload, "form": form, "found": found, "faults": found.faults[:500],
        "shown": found.changes[:SHOWN],
    }  # fmt: skip
    return render(request, "billing/budget_preview.html", context, status=422 if form.is_bound else 200)


@joint_finance("import_ledger")
def budget_rejects(request, year, pk):
    """The refused rows of the file, to be mended."""
    upload = _upload(year, pk)
    name = f"afvist-budget-{year}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    content = rejects_as_csv(upload, budget_file.preview(upload).faults)
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@joint_finance("import_ledger")
def budget_confirmation(request, year, pk):
    count = budget_file.import_budget(_upload(year, pk), by=request.user)
    if count:
        text = ngettext("%(count)s amount is stored.", "%(count)s amounts are stored.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("Every amount of the file was there already. Nothing changed."))
    return redirect("billing:budget", year)


def _upload(year, pk) -> Upload:
    return get_object_or_404(Upload.objects.in_scope(), pk=pk, budget_year=year)
