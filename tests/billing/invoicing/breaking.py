"""One way to break each rule, on a file that is right: what a mutation does is written beside the rule's id."""

import copy

from lxml import etree

from billing.invoicing.rules.rule import ACCOUNT, BRANCH, BUYER, LINE, NAMESPACES, QUANTITY, SELLER, TOTAL

SUB = "cac:TaxTotal/cac:TaxSubtotal"
CATEGORY = f"{SUB}/cac:TaxCategory"
SCHEME = f"{CATEGORY}/cac:TaxScheme"
ADDRESS = f"{BUYER}/cac:PostalAddress"
REFERENCE = "cac:BillingReference"


def _at(root, path):
    found = root.xpath(path, namespaces=NAMESPACES)
    assert found, f"{path} is not in the file"
    return found[0]


def put(path, value):
    """Another text."""

    def change(root):
        _at(root, path).text = value

    return change


def drop(path):
    """The element is gone."""

    def change(root):
        element = _at(root, path)
        element.getparent().remove(element)

    return change


def twin(path):
    """The element stands twice."""

    def change(root):
        element = _at(root, path)
        element.addnext(copy.deepcopy(element))

    return change


def add(path, name, value="x"):
    """A child more."""

    def change(root):
        prefix, local = name.split(":")
        etree.SubElement(_at(root, path), f"{{{NAMESPACES[prefix]}}}{local}").text = value

    return change


def attr(path, name, value=None):
    """Another attribute, or none."""

    def change(root):
        element = _at(root, path)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return change


def all_of(*changes):
    def change(root):
        for one in changes:
            one(root)

    return change


def many_lines(root):
    line = _at(root, LINE)
    for _number in range(1000):
        line.addnext(copy.deepcopy(line))


HOUSE = {
    "SC-001": put(f"{BUYER}/cbc:EndpointID", "5790002400002"),
    "SC-002": put(f"{TOTAL}/cbc:PayableAmount", "10000000000.00"),
    "SC-003": all_of(drop(REFERENCE), drop("cac:InvoicePeriod")),
    "SC-004": drop(f"{SELLER}/cac:PostalAddress/cbc:StreetName"),
    "SC-005": many_lines,
}
OIOUBL = {
    "F-LIB001": put("cbc:UBLVersionID", "2.2"),
    "F-LIB002": put("cbc:CustomizationID", "OIOUBL-2.2"),
    "W-LIB003": attr("cbc:ProfileID", "schemeID", "urn:oioubl:id:profileid-2.0"),
    "W-LIB203": attr("cbc:ProfileID", "schemeAgencyID"),
    "F-LIB302": put("cbc:ProfileID", "Procurement-OrdRes-1.0"),
    "F-LIB006": put("cbc:UUID", "6E09886B"),
    "F-INV007": put("cbc:DocumentCurrencyCode", ""),
    "F-LIB298": put("cbc:DocumentCurrencyCode", "XXX"),
    "F-LIB403": attr(f"{TOTAL}/cbc:TaxExclusiveAmount", "currencyID", "KRO"),
    "F-INV008": drop("cac:TaxTotal"),
    "F-INV009": put("cbc:ID", " "),
    "W-INV010": attr("cbc:InvoiceTypeCode", "listID", "UN/ECE 1001"),
    "W-INV005": attr("cbc:InvoiceTypeCode", "listAgencyID", "6"),
    "F-INV011": put("cbc:InvoiceTypeCode", "381"),
    "F-LIB021": add(".", "cbc:AccountingCostCode"),
    "W-LIB011": twin("cbc:Note"),
    "W-LIB012": attr("cbc:DocumentCurrencyCode", "languageID", "da"),
    "F-INV012": attr(f"{LINE}/cbc:LineExtensionAmount", "currencyID", "EUR"),
    "F-INV013": attr(f"{TOTAL}/cbc:LineExtensionAmount", "currencyID", "EUR"),
    "F-INV014": attr(f"{TOTAL}/cbc:PayableAmount", "currencyID", "EUR"),
    "F-INV004": twin("cac:InvoicePeriod"),
    "F-LIB076": add("cac:InvoicePeriod", "cbc:DurationMeasure"),
    "F-LIB077": add("cac:InvoicePeriod", "cbc:DescriptionCode"),
    "F-LIB080": put("cac:InvoicePeriod/cbc:EndDate", "2026-09-30"),
    "F-INV024": put("cac:OrderReference/cbc:ID", ""),
    "F-INV025": add(REFERENCE, "cac:DebitNoteDocumentReference"),
    "F-INV026": add(REFERENCE, "cac:AdditionalDocumentReference"),
    "F-INV295": add(REFERENCE, "cac:BillingReferenceLine"),
    "F-LIB170": add(f"{REFERENCE}/cac:InvoiceDocumentReference", "cbc:DocumentType"),
    "F-LIB172": add(f"{REFERENCE}/cac:InvoiceDocumentReference", "cbc:DocumentTypeCode"),
    "F-LIB173": add(f"{REFERENCE}/cac:InvoiceDocumentReference", "cbc:UUID", "6E09886B"),
    "F-INV029": add("cac:AccountingSupplierParty", "cbc:DataSendingCapability"),
    "F-INV030": twin(SELLER),
    "F-INV031": put(f"{SELLER}/cbc:EndpointID", " "),
    "F-INV034": drop(f"{SELLER}/cac:PartyLegalEntity"),
    "F-INV043": drop(BUYER),
    "F-INV044": drop(f"{BUYER}/cbc:EndpointID"),
    "F-INV045": twin(f"{BUYER}/cac:PartyLegalEntity"),
    "F-INV046": drop(f"{BUYER}/cac:Contact"),
    "F-INV051": drop(f"{BUYER}/cac:Contact/cbc:ID"),
    "F-LIB022": put(f"{BUYER}/cac:PartyName/cbc:Name", ""),
    "F-LIB166": add(BUYER, "cbc:MarkCareIndicator"),
    "F-LIB167": add(SELLER, "cbc:MarkAttentionIndicator"),
    "F-LIB168": add(SELLER, "cac:AgentParty"),
    "F-LIB179": attr(f"{BUYER}/cbc:EndpointID", "schemeID", "0088"),
    "F-LIB180": put(f"{SELLER}/cbc:EndpointID", "12345674"),
    "F-LIB181": put(f"{BUYER}/cbc:EndpointID", "57900"),
    "F-LIB025": drop(f"{ADDRESS}/cbc:AddressFormatCode"),
    "F-LIB026": attr(f"{ADDRESS}/cbc:AddressFormatCode", "listID"),
    "F-LIB207": attr(f"{ADDRESS}/cbc:AddressFormatCode", "listAgencyID"),
    "F-LIB027": put(f"{ADDRESS}/cbc:AddressFormatCode", "Structured"),
    "F-LIB036": add(ADDRESS, "cac:AddressLine"),
    "F-LIB210": add(ADDRESS, "cbc:BlockName"),
    "F-LIB211": add(ADDRESS, "cbc:TimezoneOffset"),
    "F-LIB212": add(ADDRESS, "cac:LocationCoordinate"),
    "F-LIB213": put(f"{ADDRESS}/cac:Country/cbc:IdentificationCode", ""),
    "F-LIB301": put(f"{ADDRESS}/cac:Country/cbc:IdentificationCode", "DNK"),
    "F-LIB192": add(f"{SELLER}/cac:PartyTaxScheme", "cbc:TaxLevelCode"),
    "F-LIB193": put(f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID", ""),
    "F-LIB195": attr(f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID", "schemeID", "DK:CVR"),
    "F-LIB196": put(f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID", "SE12345674"),
    "F-LIB186": add(f"{BUYER}/cac:PartyLegalEntity", "cac:CorporateRegistrationScheme"),
    "F-LIB187": put(f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID", ""),
    "F-LIB189": attr(f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "0184"),
    "F-LIB190": put(f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID", "DK2918838"),
    "F-LIB235": all_of(*(drop(f"{BUYER}/cac:Contact/*") for _child in range(4))),
    "F-LIB100": put("cac:PaymentMeans/cbc:PaymentMeansCode", "30"),
    "F-LIB119": add("cac:PaymentMeans", "cbc:InstructionNote"),
    "F-LIB122": add("cac:PaymentMeans", "cac:CreditAccount"),
    "F-LIB123": attr("cac:PaymentMeans/cbc:PaymentChannelCode", "listID"),
    "F-LIB128": put("cac:PaymentMeans/cbc:PaymentChannelCode", "IBAN"),
    "F-LIB125": drop(ACCOUNT),
    "F-LIB126": drop(f"{ACCOUNT}/cbc:ID"),
    "F-LIB127": drop(BRANCH),
    "F-LIB131": put(f"{ACCOUNT}/cbc:ID", "40691234567"),
    "F-LIB132": put(f"{BRANCH}/cbc:ID", "02160"),
    "F-LIB311": put(f"{BRANCH}/cbc:ID", "abcd"),
    "F-LIB133": put(f"{ACCOUNT}/cbc:PaymentNote", "x" * 21),
    "F-LIB244": add(ACCOUNT, "cac:Country"),
    "W-LIB241": twin("cac:PaymentMeans"),
    "SC-OIO-1": drop("cac:PaymentMeans"),
    "SC-OIO-2": add(".", "cac:Delivery"),
    "F-LIB306": put(f"{SCHEME}/cbc:ID", "112"),
    "F-LIB314": twin("cac:TaxTotal"),
    "F-LIB250": put("cac:TaxTotal/cbc:TaxAmount", "179420.5"),
    "F-LIB385": put("cac:TaxTotal/cbc:TaxAmount", "179420.55"),
    "F-LIB254": add(SUB, "cbc:Percent"),
    "F-LIB259": put(f"{SUB}/cbc:TaxableAmount", ""),
    "F-LIB261": put(f"{SUB}/cbc:TaxableAmount", "717682"),
    "F-LIB263": put(f"{SUB}/cbc:TaxAmount", "179420.540"),
    "F-LIB315": twin(SUB),
    "F-LIB381": put(f"{LINE}/{SUB}/cbc:TaxAmount", "0.00"),
    "F-LIB400": put(f"{LINE}/{CATEGORY}/cbc:ID", "ZeroRated"),
    "F-LIB401": put(f"{LINE}/{SUB}/cbc:TaxAmount", "1.00"),
    "F-LIB402": put(f"{SUB}/cbc:TaxableAmount", "717682.15"),
    "F-LIB404": put(f"{LINE}/{CATEGORY}/cbc:ID", "ZeroRated"),
    "F-LIB074": put(f"{CATEGORY}/cbc:ID", ""),
    "F-LIB075": attr(f"{CATEGORY}/cbc:ID", "schemeID"),
    "W-LIB229": attr(f"{CATEGORY}/cbc:ID", "schemeAgencyID"),
    "F-LIB309": put(f"{CATEGORY}/cbc:ID", "Exempt"),
    "F-LIB382": put(f"{CATEGORY}/cbc:Percent", "0.00"),
    "F-LIB072": add(CATEGORY, "cbc:TierRange"),
    "F-LIB073": add(CATEGORY, "cbc:TierRatePercent"),
    "F-LIB065": put(f"{SCHEME}/cbc:ID", ""),
    "F-LIB066": drop(f"{SCHEME}/cbc:Name"),
    "F-LIB067": add(SCHEME, "cbc:TaxTypeCode"),
    "F-LIB070": attr(f"{SCHEME}/cbc:ID", "schemeID", "UN/ECE 5153"),
    "F-LIB198": put(f"{SCHEME}/cbc:Name", "VAT"),
    "SC-OIO-3": put(f"{CATEGORY}/cbc:ID", "ZeroRated"),
    "F-INV120": put(f"{TOTAL}/cbc:LineExtensionAmount", ""),
    "F-INV126": put(f"{TOTAL}/cbc:LineExtensionAmount", "717682.15"),
    "F-INV127": put(f"{TOTAL}/cbc:TaxExclusiveAmount", "717682.14"),
    "F-INV128": put(f"{TOTAL}/cbc:TaxInclusiveAmount", "897102.67"),
    "F-INV133": put(f"{TOTAL}/cbc:PayableAmount", "897102.69"),
    "F-LIB014": put(f"{TOTAL}/cbc:PayableAmount", "897102.7"),
    "F-LIB016": put(f"{TOTAL}/cbc:PayableAmount", "-897102.68"),
    "F-LIB375": put(f"{TOTAL}/cbc:TaxInclusiveAmount", "-897102.68"),
    "F-INV137": put(f"{LINE}/{QUANTITY}", ""),
    "F-INV138": drop(f"{LINE}/cac:TaxTotal"),
    "F-INV139": drop(f"{LINE}/cac:Price"),
    "F-CRN082": drop(f"{LINE}/cac:Item"),
    "F-INV140": put(f"{LINE}/cbc:ID", ""),
    "W-INV237": put(f"{LINE}/cbc:ID", "2"),
    "F-INV147": put(f"{LINE}/{QUANTITY}", "0"),
    "F-LIB007": attr(f"{LINE}/{QUANTITY}", "unitCode"),
    "W-LIB008": attr(f"{LINE}/{QUANTITY}", "unitCode", "E"),
    "F-LIB318": attr(f"{LINE}/{QUANTITY}", "unitCode", "XX"),
    "F-INV149": put(f"{LINE}/cbc:LineExtensionAmount", "358793.3"),
    "F-CRN090": put(f"{LINE}/cbc:LineExtensionAmount", "358793.33000"),
    "F-CRN207": put(f"{LINE}/cbc:LineExtensionAmount", " "),
    "F-INV348": put(f"{LINE}/cac:Price/cbc:PriceAmount", "358793.34"),
    "F-INV163": drop(f"{LINE}/cac:Item/cbc:Name"),
    "W-LIB222": twin(f"{LINE}/cac:Item/cbc:Description"),
    "F-INV211": add(f"{LINE}/cac:Item", "cac:OriginCountry"),
}

ITEM_CATEGORY = f"{LINE}/cac:Item/cac:ClassifiedTaxCategory"
SELLER_TAX = f"{SELLER}/cac:PartyTaxScheme"
TYPE = "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode"
REASON = f"{CATEGORY}/cbc:TaxExemptionReason"


def as_category(code, *more):
    """The whole document is of another VAT category."""
    lines = (put(f"({ITEM_CATEGORY})[{place}]/cbc:ID", code) for place in (1, 2, 3))
    return all_of(put(f"{CATEGORY}/cbc:ID", code), *lines, *more)


EUROPEAN = {
    "BR-01": put("cbc:CustomizationID", ""),
    "BR-02": put("cbc:ID", ""),
    "BR-03": put("cbc:IssueDate", ""),
    "BR-04": put(TYPE, ""),
    "BR-CL-01": put(TYPE, "999"),
    "BR-05": put("cbc:DocumentCurrencyCode", ""),
    "BR-CL-04": put("cbc:DocumentCurrencyCode", "KRO"),
    "BR-06": put(f"{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName", ""),
    "BR-07": put(f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName", ""),
    "BR-08": drop(f"{SELLER}/cac:PostalAddress"),
    "BR-09": put(f"{SELLER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode", ""),
    "BR-10": drop(f"{BUYER}/cac:PostalAddress"),
    "BR-11": put(f"{ADDRESS}/cac:Country/cbc:IdentificationCode", ""),
    "BR-62": attr(f"{SELLER}/cbc:EndpointID", "schemeID"),
    "BR-63": attr(f"{BUYER}/cbc:EndpointID", "schemeID"),
    "BR-CL-25": attr(f"{BUYER}/cbc:EndpointID", "schemeID", "GLN"),
    "BR-CL-11": attr(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "DK:CVR"),
    "BR-CL-14": put(f"{ADDRESS}/cac:Country/cbc:IdentificationCode", "DNK"),
    "BR-CO-09": put(f"{SELLER_TAX}/cbc:CompanyID", "1212345674"),
    "BR-CO-26": all_of(drop(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID"), drop(SELLER_TAX)),
    "BR-29": put("cac:InvoicePeriod/cbc:EndDate", "2026-09-30"),
    "BR-CO-19": all_of(drop("cac:InvoicePeriod/cbc:StartDate"), drop("cac:InvoicePeriod/cbc:EndDate")),
    "BR-55": drop(f"{REFERENCE}/cac:InvoiceDocumentReference/cbc:ID"),
    "BR-49": drop("cac:PaymentMeans/cbc:PaymentMeansCode"),
    "BR-CL-16": put("cac:PaymentMeans/cbc:PaymentMeansCode", "4242"),
    "BR-50": drop(f"{ACCOUNT}/cbc:ID"),
    "UBL-DT-01": put(f"{TOTAL}/cbc:PayableAmount", "897102.680"),
    "BR-12": put(f"{TOTAL}/cbc:LineExtensionAmount", ""),
    "BR-13": drop(f"{TOTAL}/cbc:TaxExclusiveAmount"),
    "BR-14": drop(f"{TOTAL}/cbc:TaxInclusiveAmount"),
    "BR-15": drop(f"{TOTAL}/cbc:PayableAmount"),
    "BR-CO-10": put(f"{TOTAL}/cbc:LineExtensionAmount", "717682.15"),
    "BR-CO-13": put(f"{TOTAL}/cbc:TaxExclusiveAmount", "717682.13"),
    "BR-CO-14": put("cac:TaxTotal/cbc:TaxAmount", "179420.55"),
    "BR-CO-15": put(f"{TOTAL}/cbc:TaxInclusiveAmount", "897102.67"),
    "BR-CO-16": put(f"{TOTAL}/cbc:PayableAmount", "897102.69"),
    "BR-CO-18": drop(SUB),
    "BR-45": drop(f"{SUB}/cbc:TaxableAmount"),
    "BR-46": drop(f"{SUB}/cbc:TaxAmount"),
    "BR-47": drop(f"{CATEGORY}/cbc:ID"),
    "BR-48": drop(f"{CATEGORY}/cbc:Percent"),
    "BR-CO-17": put(f"{SUB}/cbc:TaxAmount", "181420.54"),
    "BR-CL-17": put(f"{CATEGORY}/cbc:ID", "X"),
    "BR-CL-22": add(CATEGORY, "cbc:TaxExemptionReasonCode", "VATEX-DK"),
    "BR-S-02": drop(SELLER_TAX),
    "BR-S-05": put(f"{ITEM_CATEGORY}/cbc:Percent", "0"),
    "BR-S-08": put(f"{SUB}/cbc:TaxableAmount", "718684.15"),
    "BR-S-09": put(f"{SUB}/cbc:TaxAmount", "181420.54"),
    "BR-S-10": add(CATEGORY, "cbc:TaxExemptionReason", "Momsloven"),
    "BR-E-02": all_of(as_category("E"), drop(SELLER_TAX)),
    "BR-E-05": as_category("E"),
    "BR-E-08": all_of(as_category("E"), put(f"{SUB}/cbc:TaxableAmount", "1.00")),
    "BR-E-09": as_category("E"),
    "BR-E-10": as_category("E"),
    "BR-O-02": as_category("O"),
    "BR-O-05": as_category("O"),
    "BR-O-08": all_of(as_category("O"), put(f"{SUB}/cbc:TaxableAmount", "1.00")),
    "BR-O-09": as_category("O"),
    "BR-O-10": as_category("O"),
    "BR-O-11": all_of(as_category("O"), twin(SUB), put(f"{CATEGORY}/cbc:ID", "S")),
    "BR-O-12": put(f"{CATEGORY}/cbc:ID", "O"),
    "BR-16": all_of(*(drop(LINE) for _line in range(3))),
    "BR-21": put(f"{LINE}/cbc:ID", ""),
    "BR-22": drop(f"{LINE}/{QUANTITY}"),
    "BR-23": attr(f"{LINE}/{QUANTITY}", "unitCode"),
    "BR-CL-23": attr(f"{LINE}/{QUANTITY}", "unitCode", "STYK"),
    "BR-24": drop(f"{LINE}/cbc:LineExtensionAmount"),
    "BR-25": put(f"{LINE}/cac:Item/cbc:Name", ""),
    "BR-26": drop(f"{LINE}/cac:Price/cbc:PriceAmount"),
    "BR-27": put(f"{LINE}/cac:Price/cbc:PriceAmount", "-1.00"),
    "BR-CO-04": drop(ITEM_CATEGORY),
}
PEPPOL = {
    "PEPPOL-EN16931-R001": drop("cbc:ProfileID"),
    "PEPPOL-EN16931-R007": put("cbc:ProfileID", "urn:www.nesubl.eu:profiles:profile5:ver2.0"),
    "PEPPOL-EN16931-R004": put("cbc:CustomizationID", "OIOUBL-2.1"),
    "PEPPOL-EN16931-R008": add(LINE, "cbc:Note", " "),
    "PEPPOL-EN16931-R002": twin("cbc:Note"),
    "PEPPOL-EN16931-R003": all_of(drop("cbc:BuyerReference"), drop("cac:OrderReference")),
    "PEPPOL-EN16931-R010": drop(f"{BUYER}/cbc:EndpointID"),
    "PEPPOL-EN16931-R020": drop(f"{SELLER}/cbc:EndpointID"),
    "PEPPOL-EN16931-R051": attr(f"{LINE}/cac:Price/cbc:PriceAmount", "currencyID", "EUR"),
    "PEPPOL-EN16931-R053": twin("cac:TaxTotal"),
    "PEPPOL-EN16931-R054": all_of(twin("cac:TaxTotal"), drop(SUB)),
    "PEPPOL-EN16931-R120": put(f"{LINE}/cac:Price/cbc:PriceAmount", "358793.36"),
    "PEPPOL-EN16931-P0100": put(TYPE, "381"),
    "PEPPOL-EN16931-P0101": put(TYPE, "380"),
    "PEPPOL-EN16931-F001": put("cbc:IssueDate", "31.10.2026"),
    "PEPPOL-EN16931-CL008": attr(f"{BUYER}/cbc:EndpointID", "schemeID", "9999"),
    "PEPPOL-COMMON-R040": put(f"{BUYER}/cbc:EndpointID", "5790002400002"),
    "PEPPOL-COMMON-R042": put(f"{SELLER}/cbc:EndpointID", "DK123"),
    "DK-R-002": put(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", ""),
    "DK-R-014": attr(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "0198"),
    "DK-R-015": put(f"{SELLER_TAX}/cbc:CompanyID", "DK1234567"),
    "DK-R-016": put(f"{TOTAL}/cbc:PayableAmount", "-1.00"),
    "DK-R-017": attr(f"{BUYER}/cac:PartyLegalEntity/cbc:CompanyID", "schemeID", "0096"),
    "DK-R-005": put("cac:PaymentMeans/cbc:PaymentMeansCode", "30"),
    "DK-R-006": drop(BRANCH),
}


def breaks(rule, kind):
    """The change that breaks a rule; one that asks for exactly one element loses it."""
    known = OIOUBL | EUROPEAN | PEPPOL | HOUSE
    if rule.id in known:
        return known[rule.id]
    assert rule.says.startswith("Exactly one: "), f"{rule.id} has no way to break it"
    element = rule.test.removeprefix("count(").removesuffix(") = 1")
    return drop(f"{rule.context}/{element}" if rule.context != "." else element)
