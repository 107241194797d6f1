"""Peppol BIS Billing 3.0 (EN 16931 in UBL 2.1): Invoice and CreditNote, with the Danish rules DK-R-002 to DK-R-017."""

from billing.invoicing import ubl
from billing.invoicing.document import UNIT, Document, Line, Party
from billing.invoicing.ubl import Element, amount, group, text

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
# Electronic address schemes: Danish CVR (eight digits since release 8.8 of the code list) and GLN.
CVR_SCHEME, GLN_SCHEME = {"schemeID": "0184"}, {"schemeID": "0088"}


def write(document: Document) -> bytes:
    """The document as a Peppol BIS Billing 3.0 file. Run billing.invoicing.checks on the document first."""
    root = ubl.root_of(document)
    _write_head(root, document)
    _write_seller(group(group(root, "AccountingSupplierParty"), "Party"), document)
    _write_buyer(group(group(root, "AccountingCustomerParty"), "Party"), document.buyer)
    text(group(root, "Delivery"), "ActualDeliveryDate", document.last_day.isoformat())
    _write_payment(root, document)
    _write_tax(root, document)
    _write_totals(root, document)
    for number, line in enumerate(document.lines, start=1):
        _write_line(root, document, line, number)
    return ubl.as_bytes(root)


def _write_head(root: Element, document: Document) -> None:
    text(root, "CustomizationID", CUSTOMIZATION)
    text(root, "ProfileID", PROFILE)
    text(root, "ID", document.number)
    text(root, "IssueDate", document.issued_on.isoformat())
    if document.is_credit:
        text(root, "CreditNoteTypeCode", ubl.CREDIT_CODE)
    else:
        text(root, "DueDate", document.due_on.isoformat())
        text(root, "InvoiceTypeCode", ubl.INVOICE_CODE)
    text(root, "Note", document.note)
    text(root, "DocumentCurrencyCode", "DKK")
    text(root, "AccountingCost", document.account_string)
    text(root, "BuyerReference", document.buyer.reference)
    ubl.period(root, document)
    ubl.order_reference(root, document)
    for reference in document.preceding:
        ubl.billing_reference(root, reference)


def _write_seller(party: Element, document: Document) -> None:
    seller = document.seller
    text(party, "EndpointID", seller.cvr, CVR_SCHEME)
    _write_name_and_address(party, seller)
    _write_seller_tax(party, document)
    _write_legal_entity(party, seller)
    _write_contact(party, seller)


def _write_seller_tax(party: Element, document: Document) -> None:
    """Who is outside the scope of VAT names no VAT number (BR-O-02); an exempt seller names one (BR-E-02)."""
    if not document.treatment.is_outside_scope:
        scheme = group(party, "PartyTaxScheme")
        text(scheme, "CompanyID", f"DK{document.seller.cvr}")
        text(group(scheme, "TaxScheme"), "ID", "VAT")


def _write_buyer(party: Element, buyer: Party) -> None:
    text(party, "EndpointID", buyer.gln, GLN_SCHEME)
    _write_name_and_address(party, buyer)
    _write_legal_entity(party, buyer)
    _write_contact(party, buyer)


def _write_contact(party: Element, who: Party) -> None:
    """Without a name, a phone or an address there is no contact, since no element is empty (R008)."""
    contact = group(party, "Contact")
    text(contact, "Name", who.contact_name)
    text(contact, "Telephone", who.contact_phone)
    text(contact, "ElectronicMail", who.contact_email)
    if not len(contact):
        party.remove(contact)


def _write_name_and_address(party: Element, who: Party) -> None:
    text(group(party, "PartyName"), "Name", who.name)
    address = group(party, "PostalAddress")
    text(address, "StreetName", who.address.street)
    text(address, "CityName", who.address.city)
    text(address, "PostalZone", who.address.post_code)
    text(group(address, "Country"), "IdentificationCode", who.address.country)


def _write_legal_entity(party: Element, who: Party) -> None:
    entity = group(party, "PartyLegalEntity")
    text(entity, "RegistrationName", who.name)
    text(entity, "CompanyID", who.cvr, CVR_SCHEME)


def _write_payment(root: Element, document: Document) -> None:
    """DK-R-005 and DK-R-006: a bank transfer names the account and the branch."""
    means = group(root, "PaymentMeans")
    text(means, "PaymentMeansCode", ubl.BANK_TRANSFER)
    if document.is_credit:
        text(means, "PaymentDueDate", document.due_on.isoformat())
    text(means, "PaymentID", document.number)
    account = group(means, "PayeeFinancialAccount")
    text(account, "ID", document.account.number)
    text(group(account, "FinancialInstitutionBranch"), "ID", document.account.registration)


def _write_tax(root: Element, document: Document) -> None:
    total = group(root, "TaxTotal")
    amount(total, "TaxAmount", document.vat_ore)
    subtotal = group(total, "TaxSubtotal")
    amount(subtotal, "TaxableAmount", document.net_ore)
    amount(subtotal, "TaxAmount", document.vat_ore)
    category = _category(subtotal, "TaxCategory", document)
    text(category, "TaxExemptionReasonCode", document.treatment.reason_code)
    text(category, "TaxExemptionReason", document.treatment.reason)
    text(group(category, "TaxScheme"), "ID", "VAT")


def _category(parent: Element, name: str, document: Document) -> Element:
    """Outside the scope there is no rate, not even 0 (BR-O-05)."""
    category = group(parent, name)
    text(category, "ID", document.treatment.category)
    if not document.treatment.is_outside_scope:
        text(category, "Percent", ubl.percent(document.treatment.percent))
    return category


def _write_totals(root: Element, document: Document) -> None:
    total = group(root, "LegalMonetaryTotal")
    amount(total, "LineExtensionAmount", document.net_ore)
    amount(total, "TaxExclusiveAmount", document.net_ore)
    amount(total, "TaxInclusiveAmount", document.gross_ore)
    amount(total, "PayableAmount", document.gross_ore)


def _write_line(root: Element, document: Document, line: Line, number: int) -> None:
    row = group(root, "CreditNoteLine" if document.is_credit else "InvoiceLine")
    text(row, "ID", number)
    text(row, "CreditedQuantity" if document.is_credit else "InvoicedQuantity", line.quantity, {"unitCode": UNIT})
    amount(row, "LineExtensionAmount", line.net_ore)
    text(row, "AccountingCost", line.account_string)
    item = group(row, "Item")
    text(item, "Description", line.description)
    text(item, "Name", line.text)
    text(group(_category(item, "ClassifiedTaxCategory", document), "TaxScheme"), "ID", "VAT")
    amount(group(row, "Price"), "PriceAmount", line.price_ore)
