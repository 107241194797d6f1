"""Pages about lines of the accounts: one line with all that is known of it, the work list, and the rules."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from billing import rules
from billing.access import is_joint_finance, joint_finance, reads_totals
from billing.forms import RuleForm, WorkListForm
from billing.lines import destination, readable_by
from billing.models import AssignmentRule
from servicecenter.errors import RuleBroken

PAGE = 50


@reads_totals
def show_line(request, pk):
    line = get_object_or_404(readable_by(request.user), pk=pk)
    context = {
        "line": line,
        "went": destination(line),
        "may_see_import": is_joint_finance(request.user, "import_ledger"),
    }
    return render(request, "billing/line.html", context)


@joint_finance("import_ledger")
def work_list(request):
    """Lines that nobody has assigned; several can be assigned at once, and a rule made of what they have in common."""
    page = Paginator(rules.unassigned().select_related("period", "corrects"), PAGE).get_page(request.GET.get("side"))
    form = WorkListForm(request.POST if request.method == "POST" else None, lines=rules.unassigned())
    if form.is_valid():
        try:
            count = form.assign(by=request.user)
        except RuleBroken as broken:
            form.add_error(None, str(broken.message))
        else:
            text = ngettext("%(count)s line is assigned.", "%(count)s lines are assigned.", count)
            messages.success(request, text % {"count": count})
            return redirect("billing:work_list")
    context = {"page": page, "form": form, "chosen": set(request.POST.getlist("lines"))}
    return render(request, "billing/work_list.html", context, status=422 if form.is_bound else 200)


@joint_finance("import_ledger")
def list_rules(request):
    form = RuleForm(
        request.POST if request.method == "POST" else None, initial={"valid_from": timezone.localdate().replace(day=1)}
    )
    if form.is_valid():
        try:
            rules.add_rule(by=request.user, **form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(None, str(broken.message))
        else:
            messages.success(request, _("The rule is stored. It holds for lines that are read in from now on."))
            return redirect("billing:rules")
    context = {
        "form": form,
        "rules": AssignmentRule.objects.select_related("pool", "paid_by", "created_by"),
        "waiting": rules.unassigned().count(),
    }
    return render(request, "billing/rules.html", context, status=422 if form.is_bound else 200)


@require_POST
@joint_finance("import_ledger")
def rules_application(request):
    count = rules.apply_rules(by=request.user)
    text = ngettext("The rules assigned %(count)s line.", "The rules assigned %(count)s lines.", count)
    messages.success(request, text % {"count": count})
    return redirect("billing:work_list")


@require_POST
@joint_finance("import_ledger")
def rule_end(request, pk):
    rules.end_rule(get_object_or_404(AssignmentRule, pk=pk), on=timezone.localdate(), by=request.user)
    messages.success(request, _("The rule has ended. What it assigned stays assigned."))
    return redirect("billing:rules")
