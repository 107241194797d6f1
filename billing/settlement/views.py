"""Pages of the year: budget, settlement, and who takes part."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from billing.access import is_joint_finance, joint_finance, reads_totals
from billing.models import Budget, BudgetPlan, Contract, Instalment, Participation, Period, Pool
from billing.settlement import budget, exports, membership
from billing.settlement import year as settled
from billing.settlement.forms import BudgetFixForm, BudgetForm, ContractForm, JoinForm, LeaveForm
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

EXPORTS = {
    "csv": ("text/csv; charset=utf-8", exports.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exports.as_xlsx),
}


@reads_totals
def list_years(request):
    """The latest year there is anything of."""
    latest = Period.objects.order_by("-month").values_list("month", flat=True).first() or timezone.localdate()
    return show_year(request, latest.year)


@reads_totals
def show_year(request, year):
    seen = settled.read(year)
    planned = Instalment.objects.filter(plan=seen.plan).select_related("municipality") if seen else []
    instalments: dict = {}
    for row in planned:
        instalments.setdefault(row.municipality, []).append(row)
    context = {
        "number": year, "seen": seen, "instalments": sorted(instalments.items(), key=lambda item: item[0].code),
        "may_issue": is_joint_finance(request.user, "manage_invoicing"),
        "can_budget": is_joint_finance(request.user, "import_ledger"), "before": year - 1, "after": year + 1,
    }  # fmt: skip
    return render(request, "billing/year.html", context)


@reads_totals
def export_year(request, year, ending):
    seen = settled.read(year)
    if seen is None:
        raise Http404
    AuditEntry.objects.record(
        "settlement_exported", municipality_id=request.user.municipality_id, actor=request.user, subject=str(year),
        format=ending,
    )  # fmt: skip
    content_type, write = EXPORTS[ending]
    headers = {
        "Content-Disposition": f'attachment; filename="opgoerelse-{year}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(write(seen), content_type=content_type, headers=headers)


@joint_finance("import_ledger")
def edit_budget(request, year):
    form = BudgetForm(request.POST if request.method == "POST" else None, year=year)
    if form.is_valid():
        try:
            count = budget.enter_budget(form.amounts(), by=request.user)
        except RuleBroken as broken:
            form.add_error(None, str(broken.message))
        else:
            text = ngettext("%(count)s amount is stored.", "%(count)s amounts are stored.", count)
            messages.success(request, text % {"count": count})
            return redirect("billing:budget", year)
    return _budget_page(request, year, form, BudgetFixForm())


@require_POST
@joint_finance("import_ledger")
def budget_fix(request, year):
    form = BudgetFixForm(request.POST)
    if form.is_valid():
        try:
            budget.fix_budget(year, basis=form.cleaned_data["basis"], by=request.user)
        except RuleBroken as broken:
            form.add_error(None, str(broken.message))
        else:
            messages.success(request, _("The budget is shared, and the instalments are planned."))
            return redirect("billing:year", year)
    return _budget_page(request, year, BudgetForm(year=year), form)


def _budget_page(request, year, form, fix_form):
    context = {
        "number": year, "form": form, "fix_form": fix_form,
        "plan": BudgetPlan.objects.filter(year=year).select_related("basis__period", "created_by").first(),
        "has_budget": Budget.objects.filter(month__year=year).exists(),
    }  # fmt: skip
    status = 422 if form.is_bound or fix_form.is_bound else 200
    return render(request, "billing/budget.html", context, status=status)


@joint_finance("run_allocation")
def list_members(request):
    """Who takes part in which pool, contracts, and what leaving would leave behind."""
    leaving = LeaveForm(request.GET if "on" in request.GET else None)
    found = None
    if leaving.is_valid():
        found = membership.commitments(leaving.cleaned_data["municipality"], on=leaving.cleaned_data["on"])
    return _members_page(request, JoinForm(), leaving, ContractForm(), found)


@require_POST
@joint_finance("run_allocation")
def joining(request):
    form = JoinForm(request.POST)
    if form.is_valid():
        membership.join(
            form.cleaned_data["municipality"], form.cleaned_data["pools"], on=form.cleaned_data["on"], by=request.user
        )
        messages.success(request, _("The municipality takes part from that day on."))
        return redirect("billing:members")
    return _members_page(request, form, LeaveForm(), ContractForm(), None, status=422)


@require_POST
@joint_finance("run_allocation")
def leaving(request):
    form = LeaveForm(request.POST)
    if form.is_valid():
        membership.leave(form.cleaned_data["municipality"], on=form.cleaned_data["on"], by=request.user)
        messages.success(request, _("The municipality takes no part from that day on."))
        return redirect("billing:members")
    return _members_page(request, JoinForm(), form, ContractForm(), None, status=422)


@require_POST
@joint_finance("run_allocation")
def contract(request):
    form = ContractForm(request.POST)
    if form.is_valid():
        form.save()
        messages.success(request, _("The contract is stored."))
        return redirect("billing:members")
    return _members_page(request, JoinForm(), LeaveForm(), form, None, status=422)


def _members_page(request, join_form, leave_form, contract_form, commitments, *, status=200):
    rows = Participation.objects.select_related("municipality", "pool").order_by("municipality__code", "pool__position")
    members: dict = {}
    for row in rows:
        members.setdefault(row.municipality, []).append(row)
    context = {
        "members": list(members.items()), "join_form": join_form, "leave_form": leave_form,
        "contract_form": contract_form, "contracts": Contract.objects.select_related("pool"),
        "commitments": commitments, "pools": Pool.objects.all(),
        "total_ore": sum(found.amount_ore for found in commitments or ()),
    }  # fmt: skip
    return render(request, "billing/members.html", context, status=status)
