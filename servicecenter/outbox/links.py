from django.conf import settings


def absolute(path: str) -> str:
    """The address of one of our pages as a mail writes it; never from a request, whose Host anybody may choose."""
    return settings.DESK_URL.rstrip("/") + path
