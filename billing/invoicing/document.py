"""What an invoice or a credit note says, shaped like EN 16931: the one model that every wire format is written from.

Field comments name the business terms (BT) of EN 16931-1. Amounts are whole øre; a credit note holds what is given
back as positive amounts. All amounts of a document are derived here, so that no two writers can disagree.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import floor

from billing.allocation.rounding import rounded_ore
from billing.invoicing.vat import Treatment

CURRENCY = "DKK"
UNIT = "EA"  # UN/ECE Recommendation 20: each


@dataclass(frozen=True)
class Address:
    street: str  # BT-35, BT-50
    post_code: str  # BT-38, BT-53
    city: str  # BT-37, BT-52
    country: str = "DK"  # BT-40, BT-55


@dataclass(frozen=True)
class Party:
    """A seller or a buyer. `reference` is the orderer's id (BT-10), without which OIOUBL turns an invoice away."""

    name: str  # BT-27, BT-44
    cvr: str  # BT-30, BT-47
    address: Address
    gln: str = ""  # BT-34, BT-49 where it is the electronic address
    reference: str = ""
    contact_name: str = ""  # BT-41, BT-56
    contact_phone: str = ""  # BT-42, BT-57
    contact_email: str = ""  # BT-43, BT-58


@dataclass(frozen=True)
class Account:
    """Where a Danish bank transfer goes: four digits of the branch and up to ten of the account."""

    registration: str  # BT-86
    number: str  # BT-84


@dataclass(frozen=True)
class Line:
    """One row: a price times 1. Money back is −1 times the price, since no format takes a negative price."""

    text: str  # BT-153
    net_ore: int  # BT-131
    vat_ore: int = 0
    description: str = ""  # BT-154
    account_string: str = ""  # BT-133

    @property
    def quantity(self) -> int:
        """BT-129."""
        return -1 if self.net_ore < 0 else 1

    @property
    def price_ore(self) -> int:
        """BT-146."""
        return abs(self.net_ore)


@dataclass(frozen=True)
class Reference:
    """The document that a credit note or a correction belongs to (BT-25, BT-26)."""

    number: str
    issued_on: date


@dataclass(frozen=True)
class Document:
    number: str  # BT-1
    uuid: str
    issued_on: date  # BT-2
    due_on: date  # BT-9
    is_credit: bool  # BT-3
    first_day: date  # BT-73
    last_day: date  # BT-74
    seller: Party
    buyer: Party
    account: Account
    treatment: Treatment
    lines: tuple[Line, ...]
    note: str = ""  # BT-22
    order_reference: str = ""  # BT-13
    account_string: str = ""  # BT-19
    preceding: tuple[Reference, ...] = field(default=())

    @cached_property
    def net_ore(self) -> int:
        """BT-106 and BT-109."""
        return sum(line.net_ore for line in self.lines)

    @cached_property
    def vat_ore(self) -> int:
        """BT-110: counted once, on the whole."""
        return vat_of(self.net_ore, self.treatment)

    @property
    def gross_ore(self) -> int:
        """BT-112 and BT-115."""
        return self.net_ore + self.vat_ore


def vat_of(net_ore: int, treatment: Treatment) -> int:
    """The VAT of an amount, rounded half away from zero to whole øre."""
    return rounded_ore(Fraction(net_ore * treatment.percent, 100))


def with_vat(lines: list[Line], treatment: Treatment) -> tuple[Line, ...]:
    """The lines with their part of the VAT, so that the parts add up to the VAT of the whole, to the øre.

    Each line is rounded down, and the øre that are left go to the largest fractions, the first line among equals. A
    line of half an øre of VAT or more has one at least (OIOUBL turns it away without: F-LIB381); the largest lines give
    for it. Where every line is that small nothing can be given, and the rules refuse the file.
    """
    exact = [Fraction(line.net_ore * treatment.percent, 100) for line in lines]
    total = vat_of(sum(line.net_ore for line in lines), treatment)
    parts = [max(floor(value), 1) if value >= Fraction(1, 2) else floor(value) for value in exact]
    left = total - sum(parts)
    order = sorted(range(len(lines)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: max(left, 0)]:
        parts[place] += 1
    for place in _givers(exact, max(-left, 0)):
        parts[place] -= 1
    return tuple(
        Line(line.text, line.net_ore, part, line.description, line.account_string)
        for line, part in zip(lines, parts, strict=True)
    )


def _givers(exact: list[Fraction], wanted: int) -> list[int]:
    """Which lines give an øre of VAT each: the largest first, and only when there are none left, those of one øre."""
    order = sorted(range(len(exact)), key=lambda place: (-abs(exact[place]), place))
    able = [place for place in order if exact[place] < 0 or exact[place] >= 2]
    return (able + [place for place in order if place not in able and exact[place] > 0])[:wanted]
