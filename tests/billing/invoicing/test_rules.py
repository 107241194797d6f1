"""Every rule sees a file that breaks it, and the packages' own rule sets say the same of that file."""

import pytest
from lxml import etree

from billing.invoicing import oioubl, peppol, rules
from billing.invoicing.document import Reference
from billing.invoicing.rules.rule import CREDIT_NOTE, INVOICE
from tests.billing.invoicing import official
from tests.billing.invoicing.breaking import breaks
from tests.billing.invoicing.test_formats import MODES, document

WRITERS = {"oioubl": oioubl.write, "peppol": peppol.write}
EARLIER = (Reference("2026-00007", document().issued_on),)
KINDS = (INVOICE, CREDIT_NOTE)
CASES = [
    pytest.param(file_format, rule, kind, id=f"{file_format}-{rule.id_in(kind)}-{kind}")
    for file_format, rule_sets in rules.RULE_SETS.items()
    for rule_set in rule_sets
    for rule in rule_set.rules
    for kind in KINDS
    if rule.applies_to(kind)
]
# What the packaged rules, of an older release, do not know or say under another id or on other elements.
NEWER = {"DK-R-015", "DK-R-017", *(f"PEPPOL-EN16931-R{number}" for number in range(140, 277))}
ELSEWHERE = {
    "BR-04", "BR-50", "BR-CL-25", "BR-12", "UBL-DT-01", "BR-CO-26", "PEPPOL-COMMON-R042", "PEPPOL-EN16931-R001",
}  # fmt: skip


def write(file_format, kind, mode="taxable", **fields):
    return WRITERS[file_format](document(mode, is_credit=kind == CREDIT_NOTE, preceding=EARLIER, **fields))


def broken(file_format, rule, kind):
    root = etree.fromstring(write(file_format, kind))
    breaks(rule, kind)(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file_format", WRITERS)
def test_a_right_file_breaks_no_rule(file_format, kind, mode):
    assert rules.broken(write(file_format, kind, mode), file_format) == []


@pytest.mark.parametrize(("file_format", "rule", "kind"), CASES)
def test_every_rule_finds_the_file_that_breaks_it(file_format, rule, kind):
    assert rule.id_in(kind) in rules.found(broken(file_format, rule, kind), file_format)


@pytest.mark.parametrize(
    ("file_format", "rule", "kind"),
    [case for case in CASES if case.values[0] == "peppol" and case.values[1].id not in NEWER | ELSEWHERE
     and not case.values[1].id.startswith("SC-")],
)  # fmt: skip
def test_the_packaged_rules_of_en_16931_and_peppol_find_it_too(file_format, rule, kind):
    assert rule.id_in(kind) in official.peppol_faults(broken(file_format, rule, kind))


def test_an_element_that_the_schema_does_not_know_is_found():
    content = write("oioubl", INVOICE).replace(b"cbc:UUID>", b"cbc:Uuid>")

    assert rules.found(content, "oioubl") == ["UBL-2.1"]


@pytest.mark.parametrize("name", [b"Order", b"CreditNote"])
def test_another_document_than_ours_is_found(name):
    content = (
        write("oioubl", INVOICE).replace(b"<Invoice ", b"<" + name + b" ").replace(b"</Invoice>", b"</" + name + b">")
    )

    assert "UBL-2.1" in rules.found(content, "oioubl")


def test_every_rule_has_an_id_of_its_own_and_says_what_it_asks_for():
    for rule_sets in rules.RULE_SETS.values():
        every = [rule for rule_set in rule_sets for rule in rule_set.rules]
        for kind in KINDS:
            ids = [rule.id_in(kind) for rule in every if rule.applies_to(kind)]
            assert len(ids) == len(set(ids))
        assert all(rule.says.endswith(".") and rule.mend.sentence for rule in every)
