"""The file of postings that an accounts system reads: which columns, in which order, separated or of fixed width.

There is no national format (Opus, Prisme and the others each have their own), so each municipality chooses.
"""

import csv
import io
from collections.abc import Callable, Iterable

from django.utils.translation import gettext_lazy as _

from billing.exports import harmless
from billing.models import PostingLayout
from billing.postings.pairs import Posting

COST_CENTRE = slice(10, 16)  # the last digits of the 16 name the cost centre


def _amount(ore: int) -> str:
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100},{abs(ore) % 100:02d}"


def _unsigned(posting: Posting) -> str:
    return _amount(abs(posting.amount_ore))


# Name of a column → its heading, its usual width in a fixed file, and what stands in it.
COLUMNS: dict[str, tuple[object, int, Callable[[Posting], str]]] = {
    "document": (_("Document no."), 12, lambda row: row.document),
    "line": (_("Line"), 4, lambda row: str(row.line)),
    "booked_on": (_("Booked on"), 10, lambda row: f"{row.booked_on:%d.%m.%Y}"),
    "period": (_("Period"), 7, lambda row: row.period),
    "account_string": (_("Account string"), 16, lambda row: row.account_string),
    "cost_centre": (_("Cost centre"), 6, lambda row: row.account_string[COST_CENTRE]),
    "art": (_("Art"), 3, lambda row: row.art),
    "amount": (_("Amount"), 15, lambda row: _amount(row.amount_ore)),
    "amount_unsigned": (_("Amount without sign"), 15, _unsigned),
    "sign": (_("Debit or credit"), 1, lambda row: "K" if row.amount_ore < 0 else "D"),
    "vat": (_("VAT"), 15, lambda row: _amount(row.vat_ore)),
    "text": (_("Text"), 40, lambda row: row.text),
    "counterpart_cvr": (_("CVR of the counterpart"), 8, lambda row: row.counterpart_cvr),
}
USUAL = ["document", "booked_on", "period", "account_string", "art", "amount", "text", "vat", "counterpart_cvr"]
ON_THE_RIGHT = {"line", "amount", "amount_unsigned", "vat"}


def usual_layout() -> PostingLayout:
    """Semicolons and the columns most systems ask for, until a municipality chooses its own."""
    return PostingLayout(kind=PostingLayout.Kind.SEPARATED, columns=USUAL, has_heading=True, encoding="utf-8-sig")


def write(postings: Iterable[Posting], layout: PostingLayout) -> bytes:
    """The file. A sign that the encoding lacks becomes a question mark."""
    names = [name for name in layout.columns if name in COLUMNS]
    text = (
        _fixed(postings, names, layout)
        if layout.kind == PostingLayout.Kind.FIXED
        else _separated(postings, names, layout)
    )
    return text.encode(layout.encoding, errors="replace")


def _separated(postings: Iterable[Posting], names: list[str], layout: PostingLayout) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    if layout.has_heading:
        writer.writerow([str(COLUMNS[name][0]) for name in names])
    for posting in postings:
        cells = [(name, COLUMNS[name][2](posting)) for name in names]
        writer.writerow([harmless(cell) if name == "text" else cell for name, cell in cells])
    return out.getvalue()


def _fixed(postings: Iterable[Posting], names: list[str], layout: PostingLayout) -> str:
    """Texts from the left, amounts from the right, both cut to the width; a row per line."""
    rows = [[(name, COLUMNS[name][2](posting)) for name in names] for posting in postings]
    if layout.has_heading:
        rows.insert(0, [(name, str(COLUMNS[name][0])) for name in names])
    return "".join("".join(_padded(name, cell) for name, cell in row) + "\r\n" for row in rows)


def _padded(name: str, cell: str) -> str:
    width = COLUMNS[name][1]
    plain = " ".join(cell.split())
    if name in ON_THE_RIGHT:
        if len(plain) > width:
            raise ValueError(f"{name} does not fit {width} signs: {plain}")
        return plain.rjust(width)
    return plain[:width].ljust(width)
