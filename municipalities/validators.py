from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import ean
from stdnum.dk import cvr


def validate_code(value: str) -> None:
    """Three digits for a municipality (official list); a short word for the shared centre."""
    if value.isdigit() and len(value) != 3:
        raise ValidationError(_("A municipality code has three digits, for example 240."))


def validate_cvr(value: str) -> None:
    if not cvr.is_valid(value):
        raise ValidationError(_("This is not a CVR number: check the eight digits."))


def validate_gln(value: str) -> None:
    """13 digits with a right check digit; the official e-invoice rules accept wrong ones, so we check here."""
    if len(value) != 13 or not ean.is_valid(value):
        raise ValidationError(_("A GLN has 13 digits, and the last one is a check digit. One of them is wrong."))
