from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import translate_url


class LanguageMiddleware:
    """Bring somebody who chose English, and opens a Danish page address from a link, to the same page in English.

    The address decides the language (Danish at /, English at /en/); only the front page follows the remembered choice,
    so that a shared link shows what its sender saw.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if request.path == "/" and request.method == "GET" and chosen == "en":
            return HttpResponseRedirect(translate_url("/", "en"))
        return self.get_response(request)
