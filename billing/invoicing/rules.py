"""Rules of OIOUBL (schematron 1.17.2) that a written file must meet, by their official ids.

The official schematron is no package that a set-up can install, so what it says of the elements that we write stands
here, in XPath 1.0 and our words. `found` is run on every file before it gets a number; a finding is a fault of this
program or of the data, never something to send. Credit notes carry most rules under ids of their own (F-CRN…), of
which those that are known stand beside the invoice's. Where a rule is stricter than the official one, it says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from billing.invoicing.ubl import CAC, CBC

NAMESPACES = {"cac": CAC, "cbc": CBC}
LINE = "*[self::cac:InvoiceLine or self::cac:CreditNoteLine]"
QUANTITY = "*[self::cbc:InvoicedQuantity or self::cbc:CreditedQuantity]"
SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
PARTY = "*[self::cac:AccountingSupplierParty or self::cac:AccountingCustomerParty]/cac:Party"
ACCOUNT = "cac:PaymentMeans/cac:PayeeFinancialAccount"
TOTAL = "cac:LegalMonetaryTotal"
DANISH = "string-length(.) = 10 and starts-with(., 'DK') and not(translate(substring(., 3), '0123456789', ''))"
TWO_DECIMALS = "string-length(substring-after(., '.')) = 2"


def _same(left: str, right: str) -> str:
    """Two sums agree to the øre; binary numbers of XPath need the half."""
    return f"{left} - ({right}) < 0.0055 and {right} - ({left}) < 0.0055"


@dataclass(frozen=True)
class Rule:
    """On each element that `context` finds from the root element, `test` must be true."""

    id: str
    context: str
    test: str
    credit_id: str = ""

    def id_in(self, root: etree._Element) -> str:
        return self.credit_id if self.credit_id and etree.QName(root).localname == "CreditNote" else self.id


HEAD = [
    Rule("F-LIB001", ".", "cbc:UBLVersionID = '2.1'"),
    Rule("F-LIB002", ".", "cbc:CustomizationID = 'OIOUBL-2.1'"),
    Rule("W-LIB003", ".", "cbc:ProfileID/@schemeID = 'urn:oioubl:id:profileid-1.2'"),
    Rule("W-LIB203", ".", "cbc:ProfileID/@schemeAgencyID = '320'"),
    Rule("F-LIB302", ".", "cbc:ProfileID = 'urn:www.nesubl.eu:profiles:profile5:ver2.0'"),
    Rule("F-INV007", ".", "cbc:DocumentCurrencyCode = 'DKK'", "F-CRN004"),
    Rule("F-INV008", ".", "count(cac:TaxTotal) = 1", "F-CRN005"),
    Rule("F-INV009", ".", "normalize-space(cbc:ID) != ''", "F-CRN006"),
    Rule("F-LIB006", "cbc:UUID", "string-length(.) = 36"),
    Rule("W-INV010", "cbc:InvoiceTypeCode", "@listID = 'urn:oioubl:codelist:invoicetypecode-1.1'"),
    Rule("W-INV005", "cbc:InvoiceTypeCode", "@listAgencyID = '320'"),
    Rule("F-INV011", "cbc:InvoiceTypeCode", ". = '380'"),
    Rule("F-LIB021", f". | {LINE}", "not(cbc:AccountingCost and cbc:AccountingCostCode)"),
    Rule("W-LIB011", ".", "count(cbc:Note) <= 1"),
    Rule("F-INV004", ".", "count(cac:InvoicePeriod) <= 1", "F-CRN159"),
    Rule("F-LIB076", "cac:InvoicePeriod", "not(cbc:DurationMeasure)"),
    Rule("F-LIB077", "cac:InvoicePeriod", "not(cbc:DescriptionCode)"),
    Rule("F-LIB080", "cac:InvoicePeriod", "translate(cbc:EndDate, '-', '') >= translate(cbc:StartDate, '-', '')"),
    Rule("F-LIB170", "cac:BillingReference/*", "not(cbc:DocumentType)"),
    Rule("F-LIB172", "cac:BillingReference/*", "not(cbc:DocumentTypeCode)"),
    Rule("F-LIB173", "cac:BillingReference/*/cbc:UUID", "string-length(.) = 36"),
    Rule("F-INV012", ".//*[@currencyID]", "@currencyID = /*/cbc:DocumentCurrencyCode"),
]
PARTIES = [
    Rule("F-INV031", ".", f"normalize-space({SELLER}/cbc:EndpointID) != ''", "F-CRN028"),
    Rule("F-INV034", ".", f"count({SELLER}/cac:PartyLegalEntity) = 1", "F-CRN031"),
    Rule("F-INV044", ".", f"normalize-space({BUYER}/cbc:EndpointID) != ''", "F-CRN040"),
    Rule("F-INV046", ".", f"count({BUYER}/cac:Contact) = 1", "F-CRN042"),
    Rule("F-INV051", f"{BUYER}/cac:Contact", "normalize-space(cbc:ID) != ''"),
    Rule("F-LIB179", f"{PARTY}/cbc:EndpointID", "@schemeID = 'DK:CVR' or @schemeID = 'GLN'"),
    Rule("F-LIB180", f"{PARTY}/cbc:EndpointID[@schemeID = 'DK:CVR']", DANISH),
    # Stricter: the schematron asks for 13 digits elsewhere only and never looks at the check digit.
    Rule(
        "F-LIB185",
        f"{PARTY}/cbc:EndpointID[@schemeID = 'GLN']",
        "string-length(.) = 13 and not(translate(., '0123456789', ''))",
    ),
    Rule("F-LIB025", f"{PARTY}/cac:PostalAddress", "normalize-space(cbc:AddressFormatCode) != ''"),
    Rule(
        "F-LIB026",
        f"{PARTY}/cac:PostalAddress/cbc:AddressFormatCode",
        "@listID = 'urn:oioubl:codelist:addressformatcode-1.1'",
    ),
    Rule("F-LIB207", f"{PARTY}/cac:PostalAddress/cbc:AddressFormatCode", "@listAgencyID = '320'"),
    Rule("F-LIB027", f"{PARTY}/cac:PostalAddress/cbc:AddressFormatCode", ". = 'StructuredLax'"),
    Rule("F-LIB036", f"{PARTY}/cac:PostalAddress", "not(cac:AddressLine)"),
    Rule("F-LIB210", f"{PARTY}/cac:PostalAddress", "not(cbc:BlockName)"),
    Rule("F-LIB213", f"{PARTY}/cac:PostalAddress/cac:Country", "normalize-space(cbc:IdentificationCode) != ''"),
    Rule("F-LIB301", f"{PARTY}/cac:PostalAddress/cac:Country", "cbc:IdentificationCode = 'DK'"),
    Rule("F-LIB193", f"{PARTY}/cac:PartyTaxScheme", "normalize-space(cbc:CompanyID) != ''"),
    Rule("F-LIB195", f"{PARTY}/cac:PartyTaxScheme/cbc:CompanyID", "@schemeID = 'DK:SE'"),
    Rule("F-LIB196", f"{PARTY}/cac:PartyTaxScheme/cbc:CompanyID", DANISH),
    Rule("F-LIB187", f"{PARTY}/cac:PartyLegalEntity", "normalize-space(cbc:CompanyID) != ''"),
    Rule("F-LIB189", f"{PARTY}/cac:PartyLegalEntity/cbc:CompanyID", "@schemeID = 'DK:CVR'"),
    Rule("F-LIB190", f"{PARTY}/cac:PartyLegalEntity/cbc:CompanyID", DANISH),
]
PAYMENT = [
    Rule("F-LIB100", "cac:PaymentMeans", "cbc:PaymentMeansCode = '42'"),
    Rule("F-LIB119", "cac:PaymentMeans", "not(cbc:InstructionNote)"),
    Rule("F-LIB122", "cac:PaymentMeans", "not(cac:CreditAccount)"),
    Rule(
        "F-LIB123",
        "cac:PaymentMeans",
        "cbc:PaymentChannelCode/@listID = 'urn:oioubl:codelist:paymentchannelcode-1.1'",
    ),
    Rule("F-LIB125", "cac:PaymentMeans", "cac:PayeeFinancialAccount"),
    Rule("F-LIB126", ACCOUNT, "cbc:ID"),
    Rule("F-LIB127", ACCOUNT, "cac:FinancialInstitutionBranch/cbc:ID"),
    Rule("F-LIB128", "cac:PaymentMeans/cbc:PaymentChannelCode", ". = 'DK:BANK'"),
    Rule("F-LIB131", f"{ACCOUNT}/cbc:ID", "string-length(.) <= 10"),
    Rule("F-LIB132", f"{ACCOUNT}/cac:FinancialInstitutionBranch/cbc:ID", "string-length(.) <= 4"),
    Rule("F-LIB133", f"{ACCOUNT}/cbc:PaymentNote", "string-length(.) <= 20"),
    Rule("F-LIB244", ACCOUNT, "not(cac:Country)"),
    Rule("F-LIB311", f"{ACCOUNT}/cac:FinancialInstitutionBranch/cbc:ID", "number(.) > 0"),
    Rule("F-INV134", "cac:PaymentTerms", _same("cbc:Amount", f"../{TOTAL}/cbc:PayableAmount")),
]
TAXES = [
    Rule("F-LIB306", ".", "count(cac:TaxTotal[cac:TaxSubtotal/cac:TaxCategory/cac:TaxScheme/cbc:ID = '63']) = 1"),
    Rule("F-LIB250", ".//cac:TaxTotal/cbc:TaxAmount", TWO_DECIMALS),
    Rule("F-LIB261", ".//cac:TaxSubtotal/cbc:TaxableAmount", TWO_DECIMALS),
    Rule("F-LIB263", ".//cac:TaxSubtotal/cbc:TaxAmount", TWO_DECIMALS),
    Rule("F-LIB385", ".//cac:TaxTotal", _same("cbc:TaxAmount", "sum(cac:TaxSubtotal/cbc:TaxAmount)")),
    Rule("F-LIB254", ".//cac:TaxSubtotal", "not(cbc:Percent)"),
    Rule("F-LIB259", ".//cac:TaxSubtotal", "normalize-space(cbc:TaxableAmount) != ''"),
    Rule("F-LIB315", ".//cac:TaxTotal", "count(cac:TaxSubtotal) = 1"),
    Rule("F-LIB074", ".//cac:TaxCategory", "normalize-space(cbc:ID) != ''"),
    Rule("F-LIB075", ".//cac:TaxCategory/cbc:ID", "@schemeID = 'urn:oioubl:id:taxcategoryid-1.1'"),
    Rule("W-LIB229", ".//cac:TaxCategory/cbc:ID", "@schemeAgencyID = '320'"),
    # Stricter: the schematron lets “Exempt” through, which the receiver's system does not know.
    Rule("F-LIB309", ".//cac:TaxCategory/cbc:ID", ". = 'StandardRated' or . = 'ZeroRated'"),
    Rule("F-LIB382", ".//cac:TaxCategory[cbc:ID = 'StandardRated']", "number(cbc:Percent) > 0"),
    Rule(
        "F-LIB381",
        "cac:TaxTotal/cac:TaxSubtotal[cac:TaxCategory/cbc:ID = 'StandardRated']",
        "number(cbc:TaxAmount) != 0 or cbc:TaxableAmount * cac:TaxCategory/cbc:Percent < 0.5",
    ),
    Rule(
        "F-LIB402",
        "cac:TaxTotal/cac:TaxSubtotal",
        _same("cbc:TaxableAmount", f"sum(../../{LINE}/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount)"),
    ),
    Rule(
        "F-LIB404",
        f"{LINE}/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory",
        "cbc:ID = /*/cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID",
    ),
    Rule("F-LIB065", ".//cac:TaxScheme", "cbc:ID = '63'"),
    Rule("F-LIB067", ".//cac:TaxScheme", "not(cbc:TaxTypeCode)"),
    Rule("F-LIB070", ".//cac:TaxScheme/cbc:ID", "@schemeID = 'urn:oioubl:id:taxschemeid-1.5'"),
    Rule("F-LIB198", ".//cac:TaxScheme", "cbc:Name = 'Moms'"),
]
TAX_SUM = "sum(../cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount)"
TOTALS = [
    Rule("F-INV120", TOTAL, "normalize-space(cbc:LineExtensionAmount) != ''"),
    Rule("F-INV126", TOTAL, _same("cbc:LineExtensionAmount", f"sum(../{LINE}/cbc:LineExtensionAmount)")),
    Rule("F-INV127", TOTAL, _same("cbc:TaxExclusiveAmount", TAX_SUM)),
    Rule("F-INV128", TOTAL, _same("cbc:TaxInclusiveAmount", f"cbc:LineExtensionAmount + {TAX_SUM}")),
    Rule("F-INV133", TOTAL, _same("cbc:PayableAmount", f"cbc:LineExtensionAmount + {TAX_SUM}")),
    Rule("F-LIB014", f"{TOTAL}/* | {LINE}/cbc:LineExtensionAmount", TWO_DECIMALS),
    Rule("F-LIB016", f"{TOTAL}/cbc:TaxInclusiveAmount | {TOTAL}/cbc:PayableAmount", "not(starts-with(., '-'))"),
]
LINES = [
    Rule("F-INV137", LINE, f"normalize-space({QUANTITY}) != ''"),
    Rule("F-INV138", LINE, "count(cac:TaxTotal) = 1", "F-CRN081"),
    Rule("F-INV139", LINE, "count(cac:Price) = 1"),
    Rule("F-INV140", LINE, "normalize-space(cbc:ID) != ''"),
    Rule("W-INV237", LINE, "not(cbc:ID = following-sibling::*/cbc:ID)"),
    Rule("F-INV147", f"{LINE}/{QUANTITY}", "number(.) != 0", "F-CRN088"),
    # Stricter: to the øre, where the schematron forgives a krone.
    Rule("F-INV348", LINE, _same("cbc:LineExtensionAmount", f"cac:Price/cbc:PriceAmount * {QUANTITY}")),
    Rule("F-LIB007", f"{LINE}/{QUANTITY}", "@unitCode = 'EA'"),
]
OIOUBL = [*HEAD, *PARTIES, *PAYMENT, *TAXES, *TOTALS, *LINES]


def found(content: bytes) -> list[str]:
    """The ids of rules that an OIOUBL file breaks, in order and once each; none when it may be sent."""
    return list(dict.fromkeys(_found(etree.fromstring(content))))


def _found(root: etree._Element) -> Iterator[str]:
    for rule in OIOUBL:
        for element in root.xpath(rule.context, namespaces=NAMESPACES):
            if not element.xpath(f"boolean({rule.test})", namespaces=NAMESPACES):
                yield rule.id_in(root)
