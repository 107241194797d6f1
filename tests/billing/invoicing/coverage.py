"""Which official rule is asked where: the table of docs/en/invoicing-rules.md, made from the rules themselves.

`python -m tests.billing.invoicing.coverage` writes it anew; a test keeps it true, and another one proves that no file
of ours has what coverage.toml lists as never written.
"""

import os
import tomllib
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "en" / "invoicing-rules.md"
BEGIN, END = "<!-- made by tests/billing/invoicing/coverage.py -->", "<!-- end -->"
_KEPT = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def never_written() -> dict[str, list[str]]:
    """XPath from the root to the OIOUBL rules that only such an element can break."""
    from billing.invoicing.rules.reading import with_names

    return {with_names(row["path"]): row["rules"].split(", ") for row in _KEPT["never_written"]}


def table() -> str:
    """Checked rules by set, then those that cannot occur, then those that something else guarantees."""
    from billing.invoicing import rules

    house, *danish = rules.RULE_SETS["oioubl"]
    parts = [part for rule_set in (house, *danish, *rules.RULE_SETS["peppol"][1:]) for part in _checked(rule_set)]
    parts += _rows("Cannot occur: we never write it (proved by a test)", ("never written", "rules of OIOUBL"))
    parts += [f"| `{row['path'].replace('|', chr(92) + '|')}` | {row['rules']} |" for row in _KEPT["never_written"]]
    parts += ["", *_rows("Guaranteed otherwise", ("rules of OIOUBL", "by what"))]
    parts += [f"| {row['rules']} | {row['by']} |" for row in _KEPT["guaranteed"]]
    return "\n".join(parts)


def _checked(rule_set) -> list[str]:
    release = f" ({rule_set.release})" if rule_set.release else ""
    rows = [f"| {', '.join(r.ids)} | {r.says} | {'yes' if r.is_stricter else ''} |" for r in rule_set.rules]
    return [*_rows(f"Checked: {rule_set.name}{release}", ("rule", "what it asks for", "stricter")), *rows, ""]


def _rows(title: str, columns: tuple[str, ...]) -> list[str]:
    return [f"### {title}", "", f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _column in columns)} |"]


def page(before: str) -> str:
    head, _begin, rest = before.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
