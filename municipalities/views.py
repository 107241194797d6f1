from axes.decorators import axes_dispatch
from django.conf import settings
from django.contrib.auth import login as begin_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from municipalities.forms import SignInForm
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.middleware import scope_of
from servicecenter.tenancy.scope import enter

MUNICIPALITY_COOKIE = "municipality"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@axes_dispatch
def login(request):
    remembered = {"municipality": request.COOKIES.get(MUNICIPALITY_COOKIE)}
    form = SignInForm(request.POST or None, request=request, initial=remembered)
    if form.is_valid():
        enter(scope_of(form.person))
        begin_session(request, form.person)
        AuditEntry.objects.record("signed_in", municipality_id=form.person.municipality_id, actor=form.person)
        return _remember(redirect(_next_page(request, form.person)), form.person.municipality)
    return render(request, "municipalities/login.html", {"form": form}, status=422 if form.is_bound else 200)


def _remember(response, municipality):
    """Offer the same municipality next time somebody signs in at this computer."""
    response.set_cookie(
        MUNICIPALITY_COOKIE,
        municipality.slug,
        max_age=31536000,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
def logout(request):
    person = request.user
    AuditEntry.objects.record("signed_out", municipality_id=person.municipality_id, actor=person)
    end_session(request)
    return redirect("municipalities:login")


def _next_page(request, person) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(start_page(person))


def start_page(person) -> str:
    """Where the day begins: the queue for an agent, the overview for a director, the portal for everybody else."""
    from municipalities.models import Municipality
    from servicecenter.tenancy.grants import granted_ids

    if granted_ids(person, Municipality, "work_tickets"):
        return "tickets:console"
    if granted_ids(person, Municipality, "read_totals"):
        return "billing:overview"
    return "tickets:home"
