"""A broken rule is told to the person who met it, with what to do; anything else is a bug and stays an exception."""

from django.http import HttpRequest
from django.shortcuts import render


class RuleBroken(Exception):
    """A rule of the desk forbids the action. The message is for the user: what is wrong and how to mend it."""

    status = 409

    def __init__(self, message):
        super().__init__(message)
        self.message = message


class RuleBrokenMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception):
        if isinstance(exception, RuleBroken):
            return render(request, "rule_broken.html", {"message": exception.message}, status=exception.status)
        return None


def api_exception_handler(exception, context):
    """The API's answer to a broken rule: 409 with the same words; everything else as usual."""
    from rest_framework.response import Response
    from rest_framework.views import exception_handler, set_rollback

    if isinstance(exception, RuleBroken):
        set_rollback()
        return Response({"detail": str(exception.message)}, status=exception.status)
    return exception_handler(exception, context)
