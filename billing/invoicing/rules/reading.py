"""Rule sets from their TOML files. Paths and formats that many rules share have names: `{LINE}`, `{GLN}`."""

import tomllib
from pathlib import Path

from billing.invoicing.rules import rule as shared
from billing.invoicing.rules.mending import Mend
from billing.invoicing.rules.rule import Rule, RuleSet

NAMES = {
    name: getattr(shared, name)
    for name in (
        "LINE", "QUANTITY", "SELLER", "BUYER", "PARTY", "ACCOUNT", "BRANCH", "TOTAL", "EIGHT_DIGITS",
        "DK_AND_EIGHT_DIGITS", "TWO_DECIMALS", "AT_MOST_TWO_DECIMALS", "GLN",
    )
}  # fmt: skip


def read(name: str) -> RuleSet:
    """The rule set of `<name>.toml` beside this module."""
    kept = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    return RuleSet(kept["name"], kept["release"], tuple(_rule(row) for row in kept["rule"]))


def _rule(row: dict) -> Rule:
    """`filled` and `same` stand for the two commonest tests; everything else is an XPath in `test`."""
    if "filled" in row:
        test = shared.filled(with_names(row["filled"]))
    elif "same" in row:
        test = shared.same(*(with_names(side) for side in row["same"]))
    else:
        test = with_names(row["test"])
    return Rule(
        row["id"], row["says"], with_names(row["context"]), test, Mend(row.get("mend", "program")),
        row.get("credit_id", ""), row.get("only", ""), row.get("is_stricter", False),
    )  # fmt: skip


def with_names(expression: str) -> str:
    """The expression with the names of shared paths and formats put in."""
    for name, value in NAMES.items():
        expression = expression.replace(f"{{{name}}}", value)
    return expression
