"""The director's pages: overview, statements, entries with their trace, exports and keys."""

from datetime import timedelta
from fractions import Fraction

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from billing import drawings, entries, exports, overview, statements, watch
from billing.access import is_joint_finance, may_read_entries, member_with_entries, reads_totals
from billing.models import Allocation, Run
from billing.parties import short_name
from billing.pdf import statement as printed
from billing.savings import drawings as savings_drawings
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from tickets.levels.drawings import equality_part
from tickets.sla.equality import BETTER, WORSE

DIFFERENT = (BETTER, WORSE)
FIGURES = ("cost", "savings", "budget", "promises", "queue", "bill")

EXPORTS = {
    "csv": ("text/csv; charset=utf-8", exports.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exports.as_xlsx),
}


@reads_totals
def show_overview(request):
    seen = overview.read(request.GET.get("periode", ""))
    if seen is None:
        can_import = is_joint_finance(request.user, "import_ledger")
        return render(request, "billing/overview_empty.html", {"can_import": can_import})
    context = _overview(seen, is_finance=is_joint_finance(request.user, "run_allocation"))
    figures = [context["equality"]["shares"]] if context["equality"] else []
    figures = [*(context[name] for name in FIGURES), *figures] if request.GET.get("tal") else []
    return render(request, "billing/overview.html", context | {"appendix": [found for found in figures if found]})


def _overview(seen, *, is_finance):
    budget = seen.budget_of(seen.period.month)
    equality = equality_part(seen.period.month)
    return {
        "seen": seen,
        "look_at": watch.points(seen, equality, today=timezone.localdate(), is_finance=is_finance),
        "savings": savings_drawings.goals(seen.savings, seen.period.end - timedelta(days=1)),
        "saved": seen.savings,
        "saved_ahead": (seen.savings.saved_ore or 0) >= seen.savings.plan_ore,
        "equality": equality,
        "equal": equal_service(equality),
        "target": Fraction(settings.SERVICE_TARGET_PERCENT, 100),
        "lead": drawings.lead(seen, equality),
        "budget_difference_ore": None if budget is None else seen.total_ore - budget,
        "solved": seen.attained("resolution"),
        "cost": drawings.cost_per_month(seen),
        "budget": drawings.budget_per_pool(seen),
        "promises": None if equality else drawings.promises_kept(seen),
        "queue": drawings.queue(seen),
        "bill": drawings.bill(seen),
    }


def equal_service(equality):
    """(goals without a certain difference, all judged goals, the differing ones in words), or None."""
    goals = [goal for goal in equality["part"].goals if not goal.is_empty] if equality else []
    if not goals:
        return None
    differing = [
        f"{goal.name}: {', '.join(short_name(cell.municipality) for cell in goal.cells if cell.verdict in DIFFERENT)}"
        for goal in goals
        if any(cell.verdict in DIFFERENT for cell in goal.cells)
    ]
    return {"same": len(goals) - len(differing), "all": len(goals), "differing": differing}


@reads_totals
def list_statements(request):
    """Every calculated month with what each municipality carries."""
    runs = list(Run.objects.filter(is_current=True).select_related("period").order_by("-period__month")[:36])
    rows = Allocation.objects.filter(run__in=runs).select_related("municipality")
    sums: dict[tuple[int, int], int] = {}
    owners = {}
    for row in rows:
        owners[row.municipality_id] = row.municipality
        sums[row.run_id, row.municipality_id] = sums.get((row.run_id, row.municipality_id), 0) + row.amount_ore
    members = sorted(owners.values(), key=lambda owner: owner.code)
    months = [(run, [(owner, sums.get((run.pk, owner.pk))) for owner in members]) for run in runs]
    return render(request, "billing/statement_list.html", {"members": members, "months": months})


@reads_totals
def show_statement(request, month, slug):
    municipality = get_object_or_404(Municipality.objects.members(), slug=slug)
    statement = statements.read(municipality, month)
    if statement is None:
        raise Http404
    context = {
        "statement": statement,
        "name": short_name(municipality),
        "change": drawings.change(statement),
        "may_read_entries": may_read_entries(request.user, municipality),
        "mostly": printed.mostly(statement),
        "year": printed.year(statement),
        "source": printed.source(statement),
        "carriers": [(owner, ore, statement.share_of(ore)) for owner, ore in statement.carriers],
    }
    return render(request, "billing/statement.html", context)


@reads_totals
def statement_pdf(request, month, slug):
    """The statement as one page of A4: totals, as on the page."""
    municipality = get_object_or_404(Municipality.objects.members(), slug=slug)
    statement = statements.read(municipality, month)
    if statement is None:
        raise Http404
    AuditEntry.objects.record(
        "statement_downloaded", municipality_id=request.user.municipality_id, actor=request.user,
        subject=statement.number,
    )  # fmt: skip
    content = printed.as_pdf(statement, desk=Municipality.objects.operator().name)
    name = f"afregning-{statement.period.code}-{municipality.slug}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def show_entries(request, month, slug):
    return render(request, "billing/entries.html", {"found": _entries(request, month, slug)})


def export_csv(request, month, slug):
    return _download(request, _entries(request, month, slug), "csv")


def export_xlsx(request, month, slug):
    return _download(request, _entries(request, month, slug), "xlsx")


def _entries(request, month, slug):
    found = entries.read(member_with_entries(request.user, slug), month)
    if found is None:
        raise Http404
    return found


def _download(request, found, ending):
    AuditEntry.objects.record(
        "entries_exported", municipality_id=found.municipality.pk, actor=request.user, subject=found.run.period.code,
        format=ending,
    )  # fmt: skip
    name = f"afregning-{found.run.period.code}-{found.municipality.slug}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    content_type, write = EXPORTS[ending]
    return HttpResponse(write(found), content_type=content_type, headers=headers)
