"""Elements of UBL 2.1, and what OIOUBL and Peppol write alike: dates, amounts, periods and references."""

import re
from collections.abc import Mapping
from fractions import Fraction

from lxml import etree

from billing.invoicing.document import CURRENCY, Document, Reference

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
VERSION = "2.1"
INVOICE_CODE, CREDIT_CODE = "380", "381"  # UN/ECE 1001
BANK_TRANSFER = "42"  # UN/ECE 4461: payment to a bank account

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = etree._Element


def root_of(document: Document) -> Element:
    name = "CreditNote" if document.is_credit else "Invoice"
    namespace = ROOT.format(name)
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, "cac": CAC, "cbc": CBC})


def text(parent: Element, name: str, value: object, attributes: Mapping[str, str] | None = None) -> None:
    """A basic component; an empty value writes none, since UBL has no empty elements.

    What XML has no characters for (control characters, pasted from elsewhere) becomes a space.
    """
    content = _UNWRITABLE.sub(" ", str(value)).strip()
    if content:
        etree.SubElement(parent, f"{{{CBC}}}{name}", attrib=dict(attributes or {})).text = content


def group(parent: Element, name: str) -> Element:
    """An aggregate component."""
    return etree.SubElement(parent, f"{{{CAC}}}{name}")


def amount(parent: Element, name: str, ore: int) -> None:
    text(parent, name, kroner(ore), {"currencyID": CURRENCY})


def kroner(ore: int) -> str:
    """Øre as kroner with two decimals and a point: −123456 is "-1234.56"."""
    whole, rest = divmod(abs(ore), 100)
    return f"{'-' if ore < 0 else ''}{whole}.{rest:02d}"


def percent(value: int) -> str:
    return f"{Fraction(value).numerator}.00"


def period(parent: Element, document: Document) -> None:
    found = group(parent, "InvoicePeriod")
    text(found, "StartDate", document.first_day.isoformat())
    text(found, "EndDate", document.last_day.isoformat())


def order_reference(parent: Element, document: Document) -> None:
    if document.order_reference:
        text(group(parent, "OrderReference"), "ID", document.order_reference)


def billing_reference(parent: Element, reference: Reference) -> None:
    found = group(group(parent, "BillingReference"), "InvoiceDocumentReference")
    text(found, "ID", reference.number)
    text(found, "IssueDate", reference.issued_on.isoformat())


def as_bytes(root: Element) -> bytes:
    """The file: UTF-8, indented, the same bytes for the same document."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
