"""Reads ledger lines from the text of a CSV file, as Danish accounts systems write them. Pure; nothing is stored.

Every bad row is told with its line number and a reason. What one field needs stands in FIELDS.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MAX_ORE = 10**15  # ten thousand billion kroner: more is a misread number
AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<kroner>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?P<ore>[0-9]{1,2}))?(?P<after>-?)"
)
DANISH_DAY = re.compile(r"(?P<day>[0-9]{1,2})[-./](?P<month>[0-9]{1,2})[-./](?P<year>[0-9]{4})")
ISO_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
MONTH = re.compile(r"(?P<year>[0-9]{4})-?(?P<month>[0-9]{2})|(?P<month_first>[0-9]{1,2})[-./](?P<year_last>[0-9]{4})")


class Unreadable(ValueError):
    """The file cannot be read as a table at all; the message is for the user."""


@dataclass(frozen=True)
class Fault:
    """Why a row is refused: the line of the file where it begins, the column, and the reason in words."""

    line: int
    reason: Any
    column: str = ""


@dataclass(frozen=True)
class Table:
    """The cells of a file: the header, and (line number, cells) for each row that is not empty."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Draft:
    """A ledger line as written in a file. `pool` and `municipality` are codes, empty when the file names none.

    `is_late` is not in the file: the books say whether the month is closed.
    """

    line: int
    external_id: str
    month: date
    booked_on: date
    amount_ore: int
    vat_ore: int = 0
    account: str = ""
    vendor: str = ""
    document_ref: str = ""
    text: str = ""
    pool: str = ""
    municipality: str = ""
    contract: str = ""
    is_late: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the file names neither pool nor payer."""
        return not self.pool and not self.municipality

    @property
    def digest(self) -> str:
        """The same for the same content, wherever the row stands."""
        content = {name: str(value) for name, value in asdict(self).items() if name not in ("line", "is_late")}
        if not self.contract:
            del content["contract"]  # lines that were read in before there was such a column keep their digest
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass
class Reading:
    drafts: list[Draft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Field:
    """One thing a line can hold: how its cell is read, and the headings under which systems write it."""

    name: str
    label: Any
    read: Callable[[str], Any]
    headings: tuple[str, ...]
    is_required: bool = False


class BadCell(ValueError):
    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def amount_ore(cell: str) -> int:
    """1.234,56 as 123456 øre. A true minus, and a minus after the number, are understood; English points are not."""
    match = AMOUNT.fullmatch(re.sub(r"\s|kr\.?", "", cell.replace("\N{MINUS SIGN}", "-")))
    if match is None or (match["sign"] and match["after"]):
        raise BadCell(format_lazy(_("“{cell}” is not an amount. Write it like 1.234,56."), cell=cell[:40]))
    ore = int(match["kroner"].replace(".", "")) * 100 + int((match["ore"] or "0").ljust(2, "0"))
    if ore > MAX_ORE:
        raise BadCell(format_lazy(_("The amount {cell} is too large. Check it."), cell=cell[:40]))
    return -ore if "-" in (match["sign"], match["after"]) else ore


def optional_amount_ore(cell: str) -> int:
    return amount_ore(cell) if cell else 0


def day(cell: str) -> date:
    """31-12-2026, 31.12.2026, 31/12/2026 or 2026-12-31."""
    match = DANISH_DAY.fullmatch(cell) or ISO_DAY.fullmatch(cell)
    try:
        if match:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        pass
    raise BadCell(format_lazy(_("“{cell}” is not a date. Write it like 31-12-2026."), cell=cell[:40]))


def month(cell: str) -> date:
    """The first day of 2026-10, 202610, 10-2026 or of any date in it."""
    match = MONTH.fullmatch(cell)
    if match is None:
        return day(cell).replace(day=1)
    try:
        return date(int(match["year"] or match["year_last"]), int(match["month"] or match["month_first"]), 1)
    except ValueError:
        raise BadCell(format_lazy(_("“{cell}” is not a month. Write it like 2026-10."), cell=cell[:40])) from None


def optional_month(cell: str) -> date | None:
    return month(cell) if cell else None


def text_of(length: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > length:
            raise BadCell(format_lazy(_("The text is longer than {length} characters. Shorten it."), length=length))
        return cell

    return read


def municipality_code(cell: str) -> str:
    """Three digits as text; 0151 is understood. Empty for a joint line."""
    if not cell:
        return ""
    if re.fullmatch(r"0?[0-9]{3}", cell) is None:
        raise BadCell(format_lazy(_("“{cell}” is not a municipality code of three digits."), cell=cell[:40]))
    return cell[-3:]


FIELDS = (
    Field(
        "external_id",
        _("Id of the line"),
        text_of(80),
        ("id", "bilagslinje", "posterings-id", "posteringsid", "løbenr", "line id", "external_id"),
        True,
    ),
    Field(
        "booked_on",
        _("Booked on"),
        day,
        ("bogføringsdato", "posteringsdato", "dato", "bogført", "booked on", "date", "booked_on"),
        True,
    ),
    Field(
        "amount_ore",
        _("Amount, excluding VAT"),
        amount_ore,
        ("beløb", "beløb ekskl. moms", "nettobeløb", "amount", "beloeb"),
        True,
    ),
    Field("month", _("Month of the cost"), optional_month, ("periode", "måned", "period", "month")),
    Field("vat_ore", _("VAT"), optional_amount_ore, ("moms", "momsbeløb", "vat")),
    Field("account", _("Account"), text_of(40), ("konto", "kontonummer", "account")),
    Field("vendor", _("Vendor"), text_of(120), ("leverandør", "kreditor", "vendor", "supplier")),
    Field(
        "document_ref",
        _("Document"),
        text_of(80),
        ("bilag", "bilagsnr", "bilagsnummer", "fakturanr", "faktura", "document"),
    ),
    Field("text", _("Text"), text_of(200), ("tekst", "posteringstekst", "beskrivelse", "text")),
    Field("pool", _("Pool"), text_of(50), ("pulje", "omkostningspulje", "pool")),
    Field("contract", _("Contract"), text_of(40), ("kontrakt", "kontraktnr", "aftale", "aftalenr", "contract")),
    Field(
        "municipality",
        _("Municipality, when it alone pays"),
        municipality_code,
        ("kommune", "kommunekode", "municipality"),
    ),
)


def decode(data: bytes) -> str:
    """The text of a file in UTF-8 or, failing that, in the Windows code page of Western Europe."""
    if b"\0" in data:
        raise Unreadable(_("The file is not text. Save the sheet as CSV and choose that file."))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The letters of the file cannot be read. Save it as CSV in UTF-8."))


def read_table(text: str) -> Table:
    """The rows of a text, separated by semicolon or comma, whichever the header holds more of."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = tuple(_numbered(reader))
    except csv.Error:
        raise Unreadable(
            format_lazy(
                _("Line {line} of the file cannot be read; a quotation mark may be missing."), line=reader.line_num
            )
        ) from None
    if not rows:
        raise Unreadable(_("The file is empty."))
    header = rows[0][1]
    if len({heading for heading in header if heading}) < len([heading for heading in header if heading]):
        raise Unreadable(_("Two columns of the file have the same heading. Rename one of them."))
    return Table(header, rows[1:])


def _numbered(reader: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begins, tuple(cell.strip() for cell in cells)
        begins = reader.line_num + 1


def guess_mapping(header: tuple[str, ...], fields: tuple[Field, ...] = FIELDS) -> dict[str, str]:
    """Field → heading of the file, where the heading is one that systems use for the field."""
    by_heading = {heading.casefold(): heading for heading in header if heading}
    found = {}
    for known in fields:
        heading = next((by_heading[name] for name in known.headings if name in by_heading), None)
        if heading:
            found[known.name] = heading
    return found


def missing_fields(
    mapping: Mapping[str, str], header: tuple[str, ...], fields: tuple[Field, ...] = FIELDS
) -> list[Field]:
    """Fields that a line must have and that no column of the file gives."""
    return [known for known in fields if known.is_required and mapping.get(known.name) not in header]


def read_lines(table: Table, mapping: Mapping[str, str]) -> Reading:
    """The lines of a table. A row with any fault gives no line; a row may have several faults."""
    rows, faults = read_rows(table, mapping, FIELDS)
    reading = Reading(faults=faults)
    for line, values in rows:
        values["month"] = values.get("month") or values["booked_on"].replace(day=1)
        reading.drafts.append(Draft(line=line, **values))
    return reading


def read_rows(
    table: Table, mapping: Mapping[str, str], fields: tuple[Field, ...]
) -> tuple[list[tuple[int, dict[str, Any]]], list[Fault]]:
    """(line, values by field) of the rows without fault, and the faults of the others."""
    known = {field.name: field for field in fields}
    columns = {
        name: table.header.index(heading)
        for name, heading in mapping.items() if name in known and heading in table.header
    }  # fmt: skip
    rows, faults = [], []
    for line, cells in table.rows:
        values, found = _row(line, cells, {known[name]: place for name, place in columns.items()}, table.header)
        faults += found
        if not found:
            rows.append((line, values))
    return rows, faults


def _row(line: int, cells: tuple[str, ...], columns: Mapping[Field, int], header: tuple[str, ...]):
    if len(cells) != len(header):
        reason = format_lazy(
            _("The row has {found} cells and the header {wanted}."), found=len(cells), wanted=len(header)
        )
        return {}, [Fault(line, reason)]
    values: dict[str, Any] = {}
    faults = []
    for known, place in columns.items():
        try:
            values[known.name] = _cell(known, cells[place])
        except BadCell as bad:
            faults.append(Fault(line, bad.reason, header[place]))
    return values, faults


def _cell(known: Field, cell: str) -> Any:
    if known.is_required and not cell:
        raise BadCell(_("The cell is empty."))
    return known.read(cell)
