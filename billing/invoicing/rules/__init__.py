"""Everything that a written file must meet before it may leave the house, asked of every file before it gets a number.

First the schema of UBL 2.1, then the rule sets of the file's format, which are data: `house.toml`, `oioubl.toml`,
`european.toml` (EN 16931) and `peppol.toml`. Each rule carries its official id, what it asks for in our words, and a
test. `docs/en/invoicing-rules.md` says which official rules are not here, and why a file of ours cannot meet them.
"""

from lxml import etree

from billing.invoicing.rules.mending import Mend
from billing.invoicing.rules.reading import read
from billing.invoicing.rules.rule import NAMESPACES, Broken, Rule, RuleSet, broken_rules
from billing.invoicing.rules.schemas import broken_schema

HOUSE = read("house")
RULE_SETS: dict[str, tuple[RuleSet, ...]] = {
    "oioubl": (HOUSE, read("oioubl")),
    "peppol": (HOUSE, read("european"), read("peppol")),
}


def broken(content: bytes, file_format: str) -> list[Broken]:
    """What keeps a file of InvoiceFile.Format from being sent, in order and each once; none when it may be sent."""
    root = etree.fromstring(content)
    found = broken_schema(root)
    for rule_set in RULE_SETS[file_format]:
        found += broken_rules(root, rule_set.rules)
    return list(dict.fromkeys(found))


def causes(broken: list[Broken]) -> dict[Mend, list[str]]:
    """The ids behind each cause. A fault of the program is one only where nothing that was entered explains it."""
    known = [one for one in broken if one.mend is not Mend.PROGRAM] or broken
    grouped: dict[Mend, list[str]] = {}
    for one in known:
        ids = grouped.setdefault(one.mend, [])
        if one.id not in ids:
            ids.append(one.id)
    return grouped


def found(content: bytes, file_format: str) -> list[str]:
    """The ids alone."""
    return list(dict.fromkeys(one.id for one in broken(content, file_format)))


__all__ = ["NAMESPACES", "RULE_SETS", "Broken", "Mend", "Rule", "RuleSet", "broken", "causes", "found"]
