"""The three ways in which the shared centre may stand to VAT, and how each is written in an invoice.

Which of them holds is the operator's decision, kept with its legal basis; nothing here assumes one. OIOUBL knows no
category for exempt or for outside the scope, so both travel as ZeroRated with the reason beside them.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

STANDARD_PERCENT = 25  # momsloven § 33


@dataclass(frozen=True)
class Treatment:
    """`category` is of UN/ECE 5305, `reason_code` of the VATEX list (CEF); `reason` is for the reader."""

    percent: int
    category: str
    oioubl_category: str
    reason_code: str = ""
    reason: str = ""

    @property
    def is_taxed(self) -> bool:
        return bool(self.percent)

    @property
    def is_outside_scope(self) -> bool:
        return self.category == "O"


# momsloven § 13, stk. 1, nr. 19; article 132(1)(f) of Directive 2006/112/EC.
_GROUP_CODE = "VATEX-EU-132-1F"
_OUTSIDE_CODE = "VATEX-EU-O"


def treatment_of(mode: str, basis: str = "") -> Treatment:
    """The treatment of a VAT mode of municipalities.Municipality; `basis` is its legal basis in words.

    Raises KeyError for a mode that is none of the three.
    """
    return {
        "taxable": Treatment(STANDARD_PERCENT, "S", "StandardRated"),
        "exempt_group": Treatment(0, "E", "ZeroRated", _GROUP_CODE, basis),
        "outside_scope": Treatment(0, "O", "ZeroRated", _OUTSIDE_CODE, basis),
    }[mode]


# What each mode rests on, offered where the operator writes down the own basis.
LEGAL_BASIS = {
    "taxable": _(
        "VAT act § 3(2) no. 3: supplies to other municipalities in competition with businesses (SKM2020.385.SR)."
    ),
    "exempt_group": _(
        "VAT act § 13(1) no. 19: an independent group charges each member exactly its share of the joint cost."
    ),
    "outside_scope": _("The centre acts as a public authority without competition; the supply is outside the VAT act."),
}
