"""Imported incidents: our attainment beside the export's own, and why they differ. Reads the stored comparison."""

from collections import Counter
from fractions import Fraction

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.access import reads_totals
from servicecenter.spreadsheets import as_csv
from servicecenter.ui import formats
from tickets.servicenow.models import ImportedJudgement

PER_PAGE = 50
Outcome, Cause = ImportedJudgement.Outcome, ImportedJudgement.Cause
OURS = (Outcome.KEPT, Outcome.MISSED, Outcome.UNDECIDED, Outcome.NOT_COUNTED)
THEIRS = (Outcome.KEPT, Outcome.MISSED, Outcome.UNKNOWN)
DIFFER = Q(ours=Outcome.KEPT, theirs=Outcome.MISSED) | Q(ours=Outcome.MISSED, theirs=Outcome.KEPT)


@reads_totals
@require_safe
def comparison(request):
    """Both rates, the table of both, the causes, and the incidents that are judged otherwise."""
    rows = _readable(request.user)
    counted = rows.order_by().values_list("ours", "theirs", "cause").annotate(Count("pk"))
    counts = Counter({tuple(key): n for *key, n in counted})
    chosen = request.GET.get("aarsag", "")
    differing = rows.filter(DIFFER).select_related("municipality", "ticket")
    if chosen in Cause.values:
        differing = differing.filter(cause=chosen)
    context = {
        **_figures(counts),
        "table": [(ours.label, [_sum(counts, ours, theirs) for theirs in THEIRS]) for ours in OURS],
        "columns": [theirs.label for theirs in THEIRS],
        "causes": [_cause(counts, cause) for cause in Cause],
        "limits": _limits(rows),
        "compared_at": rows.aggregate(Max("compared_at"))["compared_at__max"],
        "chosen": chosen if chosen in Cause.values else "",
        "page": Paginator(differing.order_by("incident"), PER_PAGE).get_page(request.GET.get("side")),
    }
    return render(request, "tickets/servicenow.html", context)


@reads_totals
@require_safe
def comparison_csv(request):
    """Every compared incident, one a row."""
    headings = (
        _("Incident"), _("Ticket"), _("Municipality"), _("Priority"), _("Ours"), _("The export"), _("Cause"),
        _("Used, minutes"), _("Target, minutes"), _("Closed after, minutes"), _("The export’s own limit, minutes"),
    )  # fmt: skip
    rows = (_cells(row) for row in _readable(request.user).select_related("municipality", "ticket"))
    headers = {"Content-Disposition": 'attachment; filename="servicenow.csv"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(as_csv(headings, rows), content_type="text/csv; charset=utf-8", headers=headers)


def _cells(row: ImportedJudgement) -> tuple:
    minutes = (row.elapsed_s, row.target_s, row.closed_after_s, row.limit_s)
    return (
        row.incident, row.ticket.number, row.municipality.name, row.priority, row.get_ours_display(),
        row.get_theirs_display(), str(row.get_cause_display()), *(None if s is None else s // 60 for s in minutes),
    )  # fmt: skip


def _readable(person):
    return ImportedJudgement.objects.granted(person, "read_totals")


def _figures(counts: Counter) -> dict:
    """The two rates are of the incidents that both have decided, or they would be of different incidents."""
    both = [(ours, theirs, _sum(counts, ours, theirs)) for ours in OURS[:2] for theirs in THEIRS[:2]]
    decided = sum(n for _ours, _theirs, n in both)
    kept = sum(n for ours, _theirs, n in both if ours == Outcome.KEPT)
    kept_by_them = sum(n for _ours, theirs, n in both if theirs == Outcome.KEPT)
    same = sum(n for ours, theirs, n in both if ours == theirs)
    return {
        "all": sum(counts.values()), "decided": decided, "same": same, "different": decided - same,
        "our_rate": Fraction(kept, decided) if decided else None,
        "their_rate": Fraction(kept_by_them, decided) if decided else None,
    }  # fmt: skip


def _sum(counts: Counter, ours: str, theirs: str) -> int:
    return sum(n for (one, other, _cause), n in counts.items() if (one, other) == (ours, theirs))


def _cause(counts: Counter, cause: Cause) -> tuple:
    """Code, words, ours kept and theirs missed, the other way round."""
    kept, missed = counts[Outcome.KEPT, Outcome.MISSED, cause], counts[Outcome.MISSED, Outcome.KEPT, cause]
    return cause.value, cause.label, kept, missed


def _limits(rows) -> list[tuple]:
    """Priority and the export's own limit in words."""
    found = rows.filter(limit_s__isnull=False).order_by("priority").values_list("priority", "limit_s").distinct()
    return [
        (priority, formats.duration(limit // 60) if limit else _("shorter than any was closed"))
        for priority, limit in found
    ]
