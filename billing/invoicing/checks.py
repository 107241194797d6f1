"""What must be in place before an invoice gets its number, told as sentences with the page that mends each.

The networks' own rules take wrong GLNs and missing accounts (or turn the file away days later), so they are asked here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from stdnum.dk import cvr

from billing.invoicing.rules import Broken, Mend, causes
from billing.models import InvoiceParty
from billing.validators import validate_account, validate_registration
from municipalities.models import Municipality
from municipalities.validators import validate_gln


@dataclass(frozen=True)
class Lack:
    """Something that keeps an invoice back, and where it is mended; without an address no page of ours can."""

    sentence: str
    address: str = ""


def lacks(seller: Municipality, buyer: Municipality) -> list[Lack]:
    """Everything that keeps invoices from `seller` to `buyer` back; empty when they may be issued."""
    found = [*_of_seller(seller), *_of_buyer(buyer)]
    return [Lack(sentence, reverse("billing:invoice_details", args=[who.slug])) for who, sentence in found]


_PAGES = {Mend.SELLER: "seller", Mend.VAT: "seller", Mend.ACCOUNT: "seller", Mend.BUYER: "buyer", Mend.PARTIES: "buyer"}


def lacks_behind(broken: list[Broken], seller: Municipality, buyer: Municipality) -> list[Lack]:
    """The causes behind broken rules, each once, with their ids and the page that mends them."""
    found = []
    for mend, ids in causes(broken).items():
        page = _PAGES.get(mend)
        slug = {"seller": seller.slug, "buyer": buyer.slug}.get(page or "")
        address = reverse("billing:invoice_details", args=[slug]) if slug else ""
        found.append(Lack(_("%(cause)s (Rules: %(ids)s)") % {"cause": mend.sentence, "ids": ", ".join(ids)}, address))
    return found


def _of_seller(seller: Municipality) -> Iterator[tuple[Municipality, str]]:
    party = InvoiceParty.objects.filter(municipality=seller).first()
    words = {"name": seller.name}
    if not cvr.is_valid(seller.cvr):
        yield seller, _("%(name)s has no valid CVR number, which every invoice names.") % words
    if not seller.vat_mode:
        yield seller, _("It is not decided how %(name)s stands to VAT.") % words
    elif seller.vat_mode != Municipality.VatMode.TAXABLE and not seller.vat_basis:
        yield seller, _("An invoice without VAT says why. The legal basis is missing for %(name)s.") % words
    if party is None:
        yield seller, _("The address, contact and bank account of %(name)s are missing.") % words
    elif not _is_account(party):
        yield seller, _("The bank account of %(name)s is missing, so nobody could pay.") % words


def _of_buyer(buyer: Municipality) -> Iterator[tuple[Municipality, str]]:
    words = {"name": buyer.name}
    if not buyer.gln:
        yield buyer, _("%(name)s has no GLN, and an e-invoice is addressed by it.") % words
    elif not _passes(validate_gln, buyer.gln):
        yield buyer, _("The GLN of %(name)s is wrong: it has 13 digits, and the last one is a check digit.") % words
    if not cvr.is_valid(buyer.cvr):
        yield buyer, _("%(name)s has no valid CVR number, which every invoice names.") % words
    if not InvoiceParty.objects.filter(municipality=buyer).exists():
        yield buyer, _("The address and the person reference of %(name)s are missing.") % words


def _is_account(party: InvoiceParty) -> bool:
    return _passes(validate_registration, party.bank_registration) and _passes(validate_account, party.bank_account)


def _passes(validate, value: str) -> bool:
    try:
        validate(value)
    except ValidationError:
        return False
    return True
