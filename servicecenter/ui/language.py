from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.urls import translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language_from_path, override
from django.views.decorators.http import require_POST


@login_not_required
@require_POST
def choose_language(request):
    """Show the same page in the other language and remember the choice, on the person when signed in."""
    language = request.POST.get("language", "")
    address = request.POST.get("next") or "/"
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        address = "/"
    if not check_for_language(language):
        return HttpResponseRedirect(address)
    response = HttpResponseRedirect(_translated(address, language))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=31536000, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )
    if request.user.is_authenticated:
        get_user_model().objects.in_scope().filter(pk=request.user.pk).update(language=language)
    return response


def _translated(address: str, language: str) -> str:
    """The same page in `language`. An address is only understood in the language that its own prefix names."""
    with override(get_language_from_path(address) or settings.LANGUAGE_CODE):
        return translate_url(address, language)
