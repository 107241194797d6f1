"""A rule as data: its official id, what it asks for in our words, and an XPath 1.0 test on the elements it is about."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from billing.invoicing.rules.mending import Mend
from billing.invoicing.ubl import CAC, CBC

NAMESPACES = {"cac": CAC, "cbc": CBC}
LINE = "*[self::cac:InvoiceLine or self::cac:CreditNoteLine]"
QUANTITY = "*[self::cbc:InvoicedQuantity or self::cbc:CreditedQuantity]"
SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
PARTY = "*[self::cac:AccountingSupplierParty or self::cac:AccountingCustomerParty]/cac:Party"
ACCOUNT = "cac:PaymentMeans/cac:PayeeFinancialAccount"
BRANCH = f"{ACCOUNT}/cac:FinancialInstitutionBranch"
TOTAL = "cac:LegalMonetaryTotal"
INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
EIGHT_DIGITS = "string-length(.) = 8 and not(translate(., '0123456789', ''))"
DK_AND_EIGHT_DIGITS = (
    "string-length(.) = 10 and starts-with(., 'DK') and not(translate(substring(., 3), '0123456789', ''))"
)
TWO_DECIMALS = "string-length(substring-after(., '.')) = 2"
AT_MOST_TWO_DECIMALS = "string-length(substring-after(., '.')) <= 2"
_WEIGHTED = " + ".join(f"{1 if place % 2 else 3} * substring(., {place}, 1)" for place in range(1, 14))
GLN = f"string-length(.) = 13 and not(translate(., '0123456789', '')) and ({_WEIGHTED}) mod 10 = 0"


@dataclass(frozen=True)
class Rule:
    """On each element that `context` finds from the root element, `test` must be true.

    `credit_id` is the rule's id in credit notes where it differs; `only` names the one kind of document that has it.
    `is_stricter` marks what asks for more than the official rule of this id.
    """

    id: str
    says: str
    context: str
    test: str
    mend: Mend = Mend.PROGRAM
    credit_id: str = ""
    only: str = ""
    is_stricter: bool = False

    def applies_to(self, kind: str) -> bool:
        return self.only in ("", kind)

    def id_in(self, kind: str) -> str:
        return self.credit_id if self.credit_id and kind == CREDIT_NOTE else self.id

    @property
    def ids(self) -> list[str]:
        """Every id under which the rule may be reported."""
        return list(dict.fromkeys(self.id_in(kind) for kind in (INVOICE, CREDIT_NOTE) if self.applies_to(kind)))


@dataclass(frozen=True)
class RuleSet:
    """`release` is the official release whose text the rules were written from."""

    name: str
    release: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Broken:
    """A rule that a file breaks: its id there, and what can be done about it."""

    id: str
    mend: Mend
    detail: str = ""


def filled(path: str) -> str:
    """The element is there and says something."""
    return f"normalize-space({path}) != ''"


def same(left: str, right: str) -> str:
    """Two sums in kroner agree to the øre; the binary numbers of XPath need the slack."""
    return f"{left} - ({right}) < 0.0055 and {right} - ({left}) < 0.0055"


def broken_rules(root: etree._Element, rules: Iterable[Rule]) -> Iterator[Broken]:
    """Each rule that the document breaks, once and in the order of the rules."""
    kind = etree.QName(root).localname
    for rule in rules:
        if rule.applies_to(kind) and not all(_xpath(f"boolean({rule.test})")(node) for node in _found(root, rule)):
            yield Broken(rule.id_in(kind), rule.mend, rule.says)


def _found(root: etree._Element, rule: Rule) -> list:
    return _xpath(rule.context)(root)


@functools.cache
def _xpath(expression: str) -> etree.XPath:
    return etree.XPath(expression, namespaces=NAMESPACES)
