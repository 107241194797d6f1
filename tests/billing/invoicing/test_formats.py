"""Both formats, for all VAT modes, invoices and credit notes: schemas, rules, amounts, and every element we promise."""

from datetime import date

import pytest
from lxml import etree

from billing.invoicing import oioubl, peppol, rules
from billing.invoicing.document import Account, Address, Document, Line, Party, Reference, with_vat
from billing.invoicing.vat import treatment_of
from tests.billing.invoicing import official

MODES = ["taxable", "exempt_group", "outside_scope"]
NAMESPACES = rules.NAMESPACES
SELLER = Party(
    "Fælles Servicedesk", "12345674", Address("Hold-an Vej 7", "2750", "Ballerup"), reference="Økonomi",
    contact_name="Birgit Winther", contact_phone="72354000", contact_email="oekonomi@fsd.example",
)  # fmt: skip
BUYER = Party(
    "Egedal Kommune", "29188386", Address("Dronning Dagmars Vej 200", "3650", "Ølstykke"), gln="5790002400001",
    reference="JLUN1", contact_name="Jette Lund", contact_phone="72596000", contact_email="jette@egedal.example",
)  # fmt: skip
LINES = [
    Line("Servicedesk, bemanding", 35_879_333, description="Registreret tid: 641 af 2.221 timer"),
    Line("Microsoft 365 <licenser> & mere", 45_888_882, account_string="0064552010047000"),
    Line("Faktureret a conto", -10_000_001),
]


def document(mode="taxable", *, is_credit=False, lines=None, **fields):
    treatment = fields.pop("treatment", treatment_of(mode, "Momsloven § 13, stk. 1, nr. 19"))
    words = {
        "number": "2026-00012", "uuid": "6E09886B-DC6E-439F-82D1-7CCAC7F4E3B1", "issued_on": date(2026, 11, 10),
        "due_on": date(2026, 12, 1), "first_day": date(2026, 10, 1), "last_day": date(2026, 10, 31),
        "seller": SELLER, "buyer": BUYER, "account": Account("0216", "4069123456"), "note": "Afregning 2026-10-EGE",
        "order_reference": "IT-2026", "account_string": "0064552010047000",
        "preceding": (Reference("2026-00007", date(2026, 10, 9)),) if is_credit else (),
    }  # fmt: skip
    return Document(
        is_credit=is_credit, treatment=treatment, lines=with_vat(lines or LINES, treatment), **(words | fields)
    )


EVERY = [(mode, is_credit) for mode in MODES for is_credit in (False, True)]


@pytest.mark.parametrize(("mode", "is_credit"), EVERY)
@pytest.mark.parametrize("writer", [oioubl, peppol])
def test_every_file_is_valid_ubl(writer, mode, is_credit):
    assert official.schema_faults(writer.write(document(mode, is_credit=is_credit))) == []


@pytest.mark.parametrize(("mode", "is_credit"), EVERY)
def test_every_peppol_file_meets_the_rules_of_en_16931_and_of_peppol(mode, is_credit):
    assert official.peppol_faults(peppol.write(document(mode, is_credit=is_credit))) == []


@pytest.mark.parametrize(("mode", "is_credit"), EVERY)
def test_every_oioubl_file_meets_the_rules_we_know(mode, is_credit):
    assert rules.found(oioubl.write(document(mode, is_credit=is_credit)), "oioubl") == []


def test_a_document_of_little_is_valid_too():
    bare = document(
        buyer=Party("Egedal Kommune", "29188386", BUYER.address, gln=BUYER.gln, reference="JLUN1"),
        note="", order_reference="", account_string="", lines=[Line("En post", 1)],
    )  # fmt: skip

    for writer in (oioubl, peppol):
        assert official.schema_faults(writer.write(bare)) == []
    assert rules.found(oioubl.write(bare), "oioubl") == []
    assert rules.found(peppol.write(bare), "peppol") == []
    assert official.peppol_faults(peppol.write(bare)) == []


# What OIOUBL 2.1 asks for, found by taking each element out of a valid file; an element we also want is marked ours.
REQUIRED = [
    "cbc:UBLVersionID", "cbc:CustomizationID", "cbc:ProfileID", "cbc:ID", "cbc:IssueDate", "cbc:DocumentCurrencyCode",
    "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID",
    "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cbc:AddressFormatCode",
    "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID",
    "cac:AccountingCustomerParty/cac:Party/cac:Contact/cbc:ID",
    "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
    "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cbc:AddressFormatCode",
    "cac:TaxTotal/cbc:TaxAmount", "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount",
    "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID",
    "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cac:TaxScheme/cbc:ID",
    "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cac:TaxScheme/cbc:Name",
    "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "cac:LegalMonetaryTotal/cbc:PayableAmount",
    "cac:InvoiceLine/cbc:ID", "cac:InvoiceLine/cbc:InvoicedQuantity", "cac:InvoiceLine/cbc:LineExtensionAmount",
    "cac:InvoiceLine/cac:TaxTotal", "cac:InvoiceLine/cac:Item/cbc:Name", "cac:InvoiceLine/cac:Price/cbc:PriceAmount",
    "cac:OrderReference/cbc:ID", "cac:PaymentMeans/cbc:PaymentMeansCode",
    "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID", "cac:PaymentMeans/cbc:PaymentDueDate",  # ours
    "cbc:AccountingCost", "cac:Delivery/cbc:ActualDeliveryDate", "cac:InvoicePeriod/cbc:StartDate",  # ours
]  # fmt: skip


@pytest.mark.parametrize("path", REQUIRED)
def test_an_oioubl_invoice_holds_every_element_that_is_asked_for(path):
    root = etree.fromstring(oioubl.write(document()))

    assert all(element.text or len(element) for element in root.xpath(path, namespaces=NAMESPACES))
    assert root.xpath(path, namespaces=NAMESPACES)


@pytest.mark.parametrize(
    ("mode", "oioubl_category", "peppol_category"),
    [("taxable", "StandardRated", "S"), ("exempt_group", "ZeroRated", "E"), ("outside_scope", "ZeroRated", "O")],
)
def test_each_vat_mode_has_its_category(mode, oioubl_category, peppol_category):
    path = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
    danish, european = (
        etree.fromstring(writer.write(document(mode))).xpath(path, namespaces=NAMESPACES)[0]
        for writer in (oioubl, peppol)
    )

    assert danish.findtext("cbc:ID", namespaces=NAMESPACES) == oioubl_category
    assert european.findtext("cbc:ID", namespaces=NAMESPACES) == peppol_category
    reasons = [found.findtext("cbc:TaxExemptionReason", namespaces=NAMESPACES) for found in (danish, european)]
    assert reasons == ([None] * 2 if mode == "taxable" else ["Momsloven § 13, stk. 1, nr. 19"] * 2)


def test_amounts_are_exact_in_both_formats():
    sums = {}
    for writer in (oioubl, peppol):
        total = etree.fromstring(writer.write(document())).find("cac:LegalMonetaryTotal", NAMESPACES)
        sums[writer] = {etree.QName(element).localname: element.text for element in total}

    # 358,793.33 + 458,888.82 − 100,000.01 = 717,682.14; a quarter of it is 179,420.535, rounded half up.
    assert sums[oioubl] == {
        "LineExtensionAmount": "717682.14", "TaxExclusiveAmount": "179420.54",
        "TaxInclusiveAmount": "897102.68", "PayableAmount": "897102.68",
    }  # fmt: skip
    assert sums[peppol] == sums[oioubl] | {"TaxExclusiveAmount": "717682.14"}


def test_the_vat_of_the_lines_adds_up_to_that_of_the_whole():
    for amounts in ([1, 1, 1], [2, 3, -1], [35_879_333, 45_888_882, -10_000_001], [7] * 11, [-3, -3, 9]):
        lines = with_vat([Line("x", amount) for amount in amounts], treatment_of("taxable"))

        assert sum(line.vat_ore for line in lines) == (sum(amounts) * 25 * 2 + 100) // 200
        assert all(abs(line.vat_ore * 100 - line.net_ore * 25) < 100 for line in lines)


def test_money_back_is_a_negative_quantity_and_never_a_negative_price():
    rows = etree.fromstring(peppol.write(document())).findall("cac:InvoiceLine", NAMESPACES)

    prices = [(row.findtext("cbc:InvoicedQuantity", namespaces=NAMESPACES),
               row.findtext("cac:Price/cbc:PriceAmount", namespaces=NAMESPACES)) for row in rows]  # fmt: skip
    assert prices[2] == ("-1", "100000.01")


def test_a_credit_note_names_the_invoice_it_belongs_to():
    for writer in (oioubl, peppol):
        root = etree.fromstring(writer.write(document(is_credit=True)))

        path = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
        assert root.findtext(path, namespaces=NAMESPACES) == "2026-00007"


def test_the_same_document_gives_the_same_bytes():
    for writer in (oioubl, peppol):
        assert writer.write(document()) == writer.write(document())
        assert "Ølstykke".encode() in writer.write(document())
