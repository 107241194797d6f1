"""Numbers of the Danish account plan and of Danish banks."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_registration(value: str) -> None:
    """Four digits; OIOUBL rule F-LIB311 takes them as a number above 0."""
    if not re.fullmatch(r"[0-9]{4}", value) or not int(value):
        raise ValidationError(_("A registration number has four digits, for example 0216."))


def validate_account(value: str) -> None:
    if not re.fullmatch(r"[0-9]{4,10}", value):
        raise ValidationError(_("An account number has at most ten digits and nothing else."))


def validate_account_string(value: str) -> None:
    """The 16 digits of the authorised account plan, or the first of them; at least the function (6 digits)."""
    if not re.fullmatch(r"[0-9]{6,16}", value):
        raise ValidationError(
            _("An account string has 6 to 16 digits: main account, function, dranst, ownership, cost centre, art.")
        )


def validate_art(value: str) -> None:
    if not re.fullmatch(r"[0-9](?:\.[0-9])?", value):
        raise ValidationError(_("An art is written like 4.7: main art, point, art."))
