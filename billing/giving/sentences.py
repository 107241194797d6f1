"""What a pool gives, in the reader's language: "Gives 8 % to Security and keeps 92 %."."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Giving, Pool
from billing.plans import gives
from servicecenter.ui import formats


def sentence(given: Mapping[str, Any], basis: str, unit: str, names: Mapping[str, str] | None = None) -> str:
    """`given` as billing.allocation.givings reads it; `names` of all pools by code, when the caller knows them."""
    names = names or dict(Pool.objects.values_list("code", "name"))
    if not given["units"]:
        return _("Gives to no other pool.")
    whole = Fraction(given["capacity"])
    how = percents if basis == Giving.Basis.PERCENT else units
    parts = [
        _("%(part)s to %(pool)s") % {"part": how(Fraction(part), whole, unit), "pool": names.get(code, code)}
        for code, part in sorted(given["units"].items())
    ]
    words = {"parts": ", ".join(parts), "own": how(Fraction(given["own"]), whole, unit)}
    text = _("Gives %(parts)s. The municipalities share %(own)s by the pool's own key.") % words
    left = whole - sum(map(Fraction, given["units"].values()), Fraction(given["own"]))
    if left <= 0 or not given.get("idle"):
        return text
    idle = {"part": how(left, whole, unit), "pool": names.get(given["idle"], given["idle"])}
    return text + " " + _("Idle: %(part)s, carried by %(pool)s.") % idle


def told(giving: Giving, names: Mapping[str, str] | None = None) -> str:
    """A relation in words."""
    return sentence(gives(giving), giving.basis, giving.unit, names)


def percents(given: Fraction, whole: Fraction, unit: str) -> str:
    return formats.percent(given / whole, 0 if (100 * given / whole).denominator == 1 else 2)


def units(given: Fraction, whole: Fraction, unit: str) -> str:
    words = {"given": _number(given), "whole": _number(whole), "unit": unit}
    return _("%(given)s of %(whole)s %(unit)s") % words


def _number(exact: Fraction) -> str:
    return formats.number(exact, 0 if exact.denominator == 1 else 2)
