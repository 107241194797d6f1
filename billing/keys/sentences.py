"""A key in words, made from its definition in the reader's language: "Shared 30 % equally, 70 % by inhabitants."."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from billing.keys.inputs import is_endless
from billing.models import Driver, Pool
from billing.parties import short_name
from municipalities.models import Municipality
from servicecenter.ui import formats

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """Codes as people call them; a code that is gone stands for itself."""

    drivers: Mapping[str, str]
    members: Mapping[str, str]
    pools: Mapping[str, str]

    @classmethod
    def read(cls) -> "Names":
        members = {member.code: short_name(member) for member in Municipality.objects.members()}
        pools = dict(Pool.objects.values_list("code", "name"))
        return cls(dict(Driver.objects.values_list("code", "name")), members, pools)


def sentence(definition: Definition, names: Names) -> str:
    """The whole key as one sentence. The definition must be one that billing.allocation reads."""
    if definition.get("type") == "on_cost":
        return _("Follows what each municipality pays for %(pools)s.") % {"pools": _pools(definition["of"], names)}
    return _("Shared %(how)s.") % {"how": phrase(definition, names)}


def phrase(definition: Definition, names: Names) -> str:
    """How it is shared, to go on after "shared": equally; by inhabitants; 30 % equally, 70 % by inhabitants."""
    return _PHRASES[definition["type"]](definition, names)


def _equal(definition: Definition, names: Names) -> str:
    return _("equally")


def _driver(definition: Definition, names: Names) -> str:
    code = definition["driver"]
    text = _("by %(driver)s") % {"driver": names.drivers.get(code, code).lower()}
    tiers = "; ".join(_tier(tier) for tier in definition.get("tiers") or ())
    return f"{text} ({tiers})" if tiers else text


def _tier(tier: Definition) -> str:
    if tier.get("up_to") is None:
        return _("what lies above counts %(rate)s") % {"rate": _percent(tier["rate"])}
    words = {"bound": _number(tier["up_to"]), "rate": _percent(tier["rate"])}
    return _("up to %(bound)s counts %(rate)s") % words


def _fixed(definition: Definition, names: Names) -> str:
    ratios = " : ".join(f"{_member(code, names)} {_number(value)}" for code, value in _sorted(definition["ratio"]))
    return _("in the ratio %(ratios)s") % {"ratios": ratios}


def _percents(definition: Definition, names: Names) -> str:
    parts = [
        f"{_member(code, names)} {_percent(Fraction(value) / 100)}" for code, value in _sorted(definition["percent"])
    ]
    return _("by agreed parts: %(parts)s") % {"parts": ", ".join(parts)}


def _direct(definition: Definition, names: Names) -> str:
    return _("so that %(name)s carries it alone") % {"name": _member(definition["member"], names)}


def _mix(definition: Definition, names: Names) -> str:
    parts = [f"{_percent(part['weight'])} {_nested(part['key'], names)}" for part in definition["parts"]]
    text = ", ".join(parts)
    return _("%(parts)s; a part without any quantity falls away") % {"parts": text} if _drops(definition) else text


def _transition(definition: Definition, names: Names) -> str:
    steps = sorted(definition["steps"], key=lambda step: step["from"])
    told = ", ".join(
        _("%(part)s from %(day)s") % {"part": _percent(s["t"]), "day": formats.day(date.fromisoformat(s["from"]))}
        for s in steps
    )
    words = {"old": phrase(definition["old"], names), "new": phrase(definition["new"], names), "steps": told}
    return _("in steps from “%(old)s” to “%(new)s”: %(steps)s") % words


def _bounded(definition: Definition, names: Names) -> str:
    floors = [_bound(_("%(name)s at least %(share)s"), row, names) for row in _sorted(definition.get("floor") or {})]
    caps = [_bound(_("%(name)s at most %(share)s"), row, names) for row in _sorted(definition.get("cap") or {})]
    words = {"how": phrase(definition["key"], names), "bounds": ", ".join(floors + caps)}
    return _("%(how)s, but %(bounds)s") % words if floors or caps else str(words["how"])


def _bound(text: str, row: tuple[str, Any], names: Names) -> str:
    return text % {"name": _member(row[0], names), "share": _percent(row[1])}


def _nested(definition: Definition, names: Names) -> str:
    inner = phrase(definition, names)
    return f"({inner})" if definition["type"] in ("mix", "transition", "bounded") else inner


def _drops(definition: Definition) -> bool:
    return definition.get("on_zero") == "drop"


def _member(code: str, names: Names) -> str:
    return names.members.get(code, code)


def _pools(codes: list[str], names: Names) -> str:
    told = [_("the direct cost") if code == "direct" else names.pools.get(code, code) for code in codes]
    return ", ".join(told)


def _sorted(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted((code, value) for code, value in table.items() if value is not None)


def _percent(share: Any) -> str:
    """No more decimals than it has, two at most; a share without an end of decimals as the fraction it is."""
    exact = Fraction(share) * 100
    if is_endless(exact):
        return str(exact / 100)
    decimals = next((count for count in (0, 1) if exact * 10**count == int(exact * 10**count)), 2)
    return formats.percent(exact / 100, decimals)


def _number(value: Any) -> str:
    exact = Fraction(value)
    if is_endless(exact):
        return str(exact)
    return formats.number(exact, 0 if exact.denominator == 1 else 2)


_PHRASES = {
    "equal": _equal,
    "driver": _driver,
    "fixed": _fixed,
    "percent": _percents,
    "direct": _direct,
    "mix": _mix,
    "transition": _transition,
    "bounded": _bounded,
}
