"""What a public body must tell those who use its service: how accessible it is, and what it records about them."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render


@login_not_required
def accessibility(request):
    """The address /was: to the statement in the national register, when there is one (BEK 904 of 2019, section 4)."""
    if settings.ACCESSIBILITY_STATEMENT_URL:
        return redirect(settings.ACCESSIBILITY_STATEMENT_URL)
    return render(request, "accessibility.html")


@login_not_required
def privacy(request):
    return render(request, "privacy.html", {"session_hours": settings.SESSION_COOKIE_AGE // 3600})
