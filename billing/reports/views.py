"""Key figures, and the account since the start with its lessons and exports."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import overview, sheets
from billing.access import reads_totals
from billing.models import Lesson
from billing.reports import drawings, experience, key_figures
from billing.reports.forms import LessonForm
from billing.reports.publication_views import may_publish
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids
from tickets.levels.drawings import equality_part


@reads_totals
def show_key_figures(request):
    seen = overview.read(request.GET.get("periode", ""))
    if seen is None:
        return render(request, "billing/key_figures.html", {"seen": None})
    is_year = request.GET.get("omfang") == "aar"
    months = seen.year if is_year else [seen.period.month]
    found = key_figures.read(seen, months, consumption=request.GET.get("forbrug", ""))
    return render(request, "billing/key_figures.html", {"seen": seen, "found": found, "is_year": is_year})


@reads_totals
def show_experience(request):
    found = experience.read()
    context = {"found": found, "may_write": may_write(request.user), "form": LessonForm()}
    return render(request, "billing/experience.html", context | _shown(found, request.user))


def _shown(found, person):
    if found is None:
        return {}
    equality = equality_part(found.last)
    return {
        "headings": [drawings.period_of(year) for year in found.years],
        "table": drawings.table(found),
        "costs": [
            (owner, [year.cost_ore.get(owner) for year in found.years]) for owner in found.municipalities
        ],
        "equality": equality,
        "may_publish": may_publish(person),
        "own": {lesson.pk for lesson in found.lessons if lesson.municipality_id == person.municipality_id},
    }  # fmt: skip


@reads_totals
def export_experience(request, ending):
    found = experience.read()
    if found is None:
        raise Http404
    return sheets.download(drawings.export_rows(found), ending, name="erfaringer", title=_("Experience"))


def may_write(person) -> bool:
    """Directors and finance of a municipality, and those who lead the desk."""
    kinds = ("read_entries", "lead_tickets")
    return any(granted_ids(person, Municipality, permission) for permission in kinds)


@reads_totals
def write_lesson(request):
    if not may_write(request.user):
        raise Http404
    if request.method != "POST":
        return redirect("billing:experience")
    form = LessonForm(request.POST)
    if form.is_valid():
        lesson = form.save(commit=False)
        lesson.municipality, lesson.created_by = request.user.municipality, request.user
        lesson.created_at = timezone.now().replace(microsecond=0)
        lesson.save()
        AuditEntry.objects.record(
            "lesson_written", municipality_id=lesson.municipality_id, actor=request.user, subject=lesson.title
        )
        messages.success(request, _("The lesson is in the account."))
        return redirect("billing:experience")
    found = experience.read()
    context = {"found": found, "may_write": True, "form": form} | _shown(found, request.user)
    return render(request, "billing/experience.html", context, status=422)


@require_POST
@reads_totals
def withdraw_lesson(request, pk):
    """Only those who may write for the municipality that wrote it."""
    rows = Lesson.objects.filter(municipality_id=request.user.municipality_id, is_withdrawn=False)
    lesson = get_object_or_404(rows, pk=pk)
    if not may_write(request.user):
        raise Http404
    lesson.is_withdrawn = True
    lesson.save(update_fields=["is_withdrawn"])
    AuditEntry.objects.record(
        "lesson_withdrawn", municipality_id=lesson.municipality_id, actor=request.user, subject=lesson.title
    )
    messages.success(request, _("The lesson is taken out of the account."))
    return redirect("billing:experience")
