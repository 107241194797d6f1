"""OIOUBL 2.1, what NemHandel takes until 2029: Invoice and CreditNote of UBL 2.1 with Danish code lists.

Rule ids (F-…) are those of the official schematron, release 1.17.2. Two places differ from other UBL:
TaxExclusiveAmount is the tax itself (F-INV127), and each line carries its own TaxTotal (F-INV138).
"""

from billing.invoicing import ubl
from billing.invoicing.document import UNIT, Document, Line, Party
from billing.invoicing.ubl import Element, amount, group, text

CUSTOMIZATION = "OIOUBL-2.1"
PROFILE = "urn:www.nesubl.eu:profiles:profile5:ver2.0"  # billing: invoice and credit note
_AGENCY = {"schemeAgencyID": "320"}
_PROFILE_ID = _AGENCY | {"schemeID": "urn:oioubl:id:profileid-1.2"}
_TAX_CATEGORY_ID = _AGENCY | {"schemeID": "urn:oioubl:id:taxcategoryid-1.1"}
_TAX_SCHEME_ID = _AGENCY | {"schemeID": "urn:oioubl:id:taxschemeid-1.5"}
_TYPE_CODE = {"listAgencyID": "320", "listID": "urn:oioubl:codelist:invoicetypecode-1.1"}
_ADDRESS_FORMAT = {"listAgencyID": "320", "listID": "urn:oioubl:codelist:addressformatcode-1.1"}
_CHANNEL = {"listAgencyID": "320", "listID": "urn:oioubl:codelist:paymentchannelcode-1.1"}
VAT_SCHEME, VAT_NAME = "63", "Moms"


def write(document: Document) -> bytes:
    """The document as an OIOUBL 2.1 file. Run billing.invoicing.checks on the document first."""
    root = ubl.root_of(document)
    _write_head(root, document)
    _write_seller(group(group(root, "AccountingSupplierParty"), "Party"), document.seller)
    _write_buyer(group(group(root, "AccountingCustomerParty"), "Party"), document.buyer)
    if not document.is_credit:
        text(group(root, "Delivery"), "ActualDeliveryDate", document.last_day.isoformat())
        _write_payment(root, document)
    _write_tax(root, document, net_ore=document.net_ore, vat_ore=document.vat_ore)
    _write_totals(root, document)
    for number, line in enumerate(document.lines, start=1):
        _write_line(root, document, line, number)
    return ubl.as_bytes(root)


def _write_head(root: Element, document: Document) -> None:
    text(root, "UBLVersionID", ubl.VERSION)
    text(root, "CustomizationID", CUSTOMIZATION)
    text(root, "ProfileID", PROFILE, _PROFILE_ID)
    text(root, "ID", document.number)
    text(root, "UUID", document.uuid)
    text(root, "IssueDate", document.issued_on.isoformat())
    if not document.is_credit:
        text(root, "InvoiceTypeCode", ubl.INVOICE_CODE, _TYPE_CODE)
    text(root, "Note", document.note, {"languageID": "da"})
    text(root, "DocumentCurrencyCode", "DKK")
    text(root, "AccountingCost", document.account_string)
    ubl.period(root, document)
    ubl.order_reference(root, document)
    for reference in document.preceding:
        ubl.billing_reference(root, reference)


def _write_seller(party: Element, seller: Party) -> None:
    text(party, "EndpointID", _danish(seller.cvr), {"schemeID": "DK:CVR"})
    _write_name_and_address(party, seller)
    scheme = group(party, "PartyTaxScheme")
    text(scheme, "CompanyID", _danish(seller.cvr), {"schemeID": "DK:SE"})
    _write_scheme(scheme)
    _write_legal_entity(party, seller)
    _write_contact(party, seller)


def _write_buyer(party: Element, buyer: Party) -> None:
    text(party, "EndpointID", buyer.gln, {"schemeID": "GLN"})
    _write_name_and_address(party, buyer)
    _write_legal_entity(party, buyer)
    _write_contact(party, buyer)


def _write_name_and_address(party: Element, who: Party) -> None:
    text(group(party, "PartyName"), "Name", who.name)
    address = group(party, "PostalAddress")
    text(address, "AddressFormatCode", "StructuredLax", _ADDRESS_FORMAT)
    text(address, "StreetName", who.address.street)
    text(address, "CityName", who.address.city)
    text(address, "PostalZone", who.address.post_code)
    text(group(address, "Country"), "IdentificationCode", who.address.country)


def _write_legal_entity(party: Element, who: Party) -> None:
    entity = group(party, "PartyLegalEntity")
    text(entity, "RegistrationName", who.name)
    text(entity, "CompanyID", _danish(who.cvr), {"schemeID": "DK:CVR"})


def _write_contact(party: Element, who: Party) -> None:
    contact = group(party, "Contact")
    text(contact, "ID", who.reference)
    text(contact, "Name", who.contact_name)
    text(contact, "Telephone", who.contact_phone)
    text(contact, "ElectronicMail", who.contact_email)


def _write_payment(root: Element, document: Document) -> None:
    """A Danish bank transfer: F-LIB126, F-LIB127, F-LIB131, F-LIB132, F-LIB311."""
    means = group(root, "PaymentMeans")
    text(means, "PaymentMeansCode", ubl.BANK_TRANSFER)
    text(means, "PaymentDueDate", document.due_on.isoformat())
    text(means, "PaymentChannelCode", "DK:BANK", _CHANNEL)
    account = group(means, "PayeeFinancialAccount")
    text(account, "ID", document.account.number)
    text(account, "PaymentNote", document.number)
    text(group(account, "FinancialInstitutionBranch"), "ID", document.account.registration)


def _write_tax(parent: Element, document: Document, *, net_ore: int, vat_ore: int) -> None:
    total = group(parent, "TaxTotal")
    amount(total, "TaxAmount", vat_ore)
    subtotal = group(total, "TaxSubtotal")
    amount(subtotal, "TaxableAmount", net_ore)
    amount(subtotal, "TaxAmount", vat_ore)
    category = group(subtotal, "TaxCategory")
    text(category, "ID", document.treatment.oioubl_category, _TAX_CATEGORY_ID)
    text(category, "Percent", ubl.percent(document.treatment.percent))
    text(category, "TaxExemptionReason", document.treatment.reason)
    _write_scheme(category)


def _write_scheme(parent: Element) -> None:
    scheme = group(parent, "TaxScheme")
    text(scheme, "ID", VAT_SCHEME, _TAX_SCHEME_ID)
    text(scheme, "Name", VAT_NAME)


def _write_totals(root: Element, document: Document) -> None:
    total = group(root, "LegalMonetaryTotal")
    amount(total, "LineExtensionAmount", document.net_ore)
    amount(total, "TaxExclusiveAmount", document.vat_ore)
    amount(total, "TaxInclusiveAmount", document.gross_ore)
    amount(total, "PayableAmount", document.gross_ore)


def _write_line(root: Element, document: Document, line: Line, number: int) -> None:
    row = group(root, "CreditNoteLine" if document.is_credit else "InvoiceLine")
    text(row, "ID", number)
    text(row, "CreditedQuantity" if document.is_credit else "InvoicedQuantity", line.quantity, {"unitCode": UNIT})
    amount(row, "LineExtensionAmount", line.net_ore)
    text(row, "AccountingCost", line.account_string)
    _write_tax(row, document, net_ore=line.net_ore, vat_ore=line.vat_ore)
    item = group(row, "Item")
    text(item, "Description", line.description)
    text(item, "Name", line.text)
    amount(group(row, "Price"), "PriceAmount", line.price_ore)


def _danish(cvr: str) -> str:
    """F-LIB180, F-LIB190, F-LIB196: the number with its country."""
    return f"DK{cvr}"
