"""The account of the savings, which every director reads and joint finance enters."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import overview
from billing.access import is_joint_finance, joint_finance, reads_totals
from billing.models import Baseline, IndexSeries
from billing.savings import drawings
from billing.savings.forms import BaselineForms, IndexForm
from municipalities.models import Municipality
from tickets.levels.drawings import equality_part


@reads_totals
def show_savings(request):
    seen = overview.read(request.GET.get("periode", ""))
    context = {
        "seen": seen,
        "may_enter": is_joint_finance(request.user, "run_allocation"),
        "members": Municipality.objects.members(),
        "baselines": Baseline.objects.select_related("municipality").prefetch_related("parts__series", "parts__driver")
        .order_by("municipality__code"),
        "indices": IndexSeries.objects.prefetch_related("values"),
    }  # fmt: skip
    if seen:
        equality = equality_part(seen.period.month)
        context |= {
            "saved": seen.savings,
            "figure": drawings.goals(seen.savings, seen.period.end - timedelta(days=1)),
            "headings": drawings.headings(),
            "table": [(row, drawings.cells(row)) for row in seen.savings.rows],
            "solved": seen.attained("resolution"),
            "equality": equality["part"] if equality else None,
        }
    return render(request, "billing/savings.html", context)


@joint_finance("run_allocation")
def enter_baseline(request, slug):
    municipality = get_object_or_404(Municipality.objects.members(), slug=slug)
    forms = BaselineForms(
        municipality, year=timezone.localdate().year, data=request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and forms.are_valid():
        forms.save(by=request.user)
        messages.success(request, _("The business case of %(name)s is stored.") % {"name": municipality.name})
        return redirect("billing:savings")
    context = {"forms": forms, "municipality": municipality, "homes": forms.homes.items()}
    return render(request, "billing/baseline.html", context, status=422 if request.method == "POST" else 200)


@joint_finance("run_allocation")
def enter_indices(request):
    this_year = timezone.localdate().year
    first = min(Baseline.objects.values_list("base_year", flat=True), default=this_year)
    form = IndexForm(
        request.POST if request.method == "POST" else None, years=list(range(max(first, this_year - 12), this_year + 2))
    )
    if request.method == "POST" and form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("The price indices are stored."))
        return redirect("billing:indices")
    return render(request, "billing/indices.html", {"form": form}, status=422 if form.is_bound else 200)
