"""The year's budget from a file, CSV or XLSX: looked at first, then stored, all or nothing.

A row gives one pool's amount in one month. An amount that is there already changes nothing, so the same file twice
stores nothing; another amount replaces the one before, as it does by hand, until a month of the year is closed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from billing.csv_lines import (
    BadCell,
    Fault,
    Field,
    amount_ore,
    decode,
    guess_mapping,
    missing_fields,
    month,
    read_rows,
    read_table,
    text_of,
)
from billing.imports import ImportRefused
from billing.models import Budget, Pool, SourceMapping, Upload
from billing.settlement.budget import enter_budget, is_in_use
from billing.workbooks import as_text, is_workbook
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry

SOURCE = "/budget"  # no accounts system can be called so, its name being a slug
FIELDS = (
    Field("pool", _("Pool"), text_of(80), ("pulje", "omkostningspulje", "pool"), True),
    Field("month", _("Month"), month, ("måned", "periode", "month", "period"), True),
    Field("amount_ore", _("Amount, excluding VAT"), amount_ore, ("beløb", "budget", "amount", "beloeb"), True),
)


@dataclass(frozen=True)
class Row:
    """What the file says of a pool's month, and what is there: amounts in øre, `before_ore` None for nothing."""

    line: int
    pool: Pool
    month: date
    amount_ore: int
    before_ore: int | None

    @property
    def is_known(self) -> bool:
        return self.amount_ore == self.before_ore


@dataclass(frozen=True)
class Preview:
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def changes(self) -> list[Row]:
        return [row for row in self.rows if not row.is_known]

    @property
    def known_count(self) -> int:
        return len(self.rows) - len(self.changes)

    @property
    def amount_ore(self) -> int:
        return sum(row.amount_ore for row in self.rows)


def receive(year: int, *, data: bytes, name: str, by: Person, at: datetime | None = None) -> Upload:
    """Keep a file until somebody has looked at it. Raises Unreadable when it is no table."""
    text = as_text(data) if is_workbook(data) else decode(data)
    table = read_table(text)
    saved = SourceMapping.objects.filter(source=SOURCE).first()
    fits = saved is not None and set(saved.mapping.values()) <= set(table.header)
    return Upload.objects.create(
        municipality=Municipality.objects.operator(), name=name[:200], source=SOURCE, content=text, budget_year=year,
        mapping=saved.mapping if saved and fits else guess_mapping(table.header, FIELDS), created_by=by,
        created_at=at or timezone.now(),
    )  # fmt: skip


def preview(upload: Upload) -> Preview:
    """Read the file against the budget that is there. Writes nothing."""
    table = read_table(upload.content)
    if missing := missing_fields(upload.mapping, table.header, FIELDS):
        reason = format_lazy(_("Choose the column that holds “{field}”."), field=missing[0].label)
        return Preview(faults=[Fault(1, reason)])
    rows, faults = read_rows(table, upload.mapping, FIELDS)
    found = Preview(faults=faults)
    reader = _Reader(upload.budget_year or 0)
    for line, values in rows:
        try:
            found.rows.append(reader.read(line, values))
        except BadCell as bad:
            faults.append(Fault(line, bad.reason))
    if found.changes and is_in_use(reader.year):
        reason = _("A month of the year is closed, so its budget stays as it is.")
        faults += [Fault(row.line, reason) for row in found.changes]
    faults.sort(key=lambda fault: fault.line)
    return found


@transaction.atomic
def import_budget(upload: Upload, *, by: Person, at: datetime | None = None) -> int:
    """Store every amount of the file, or none; the number that changed. Raises ImportRefused when any row is bad."""
    found = preview(Upload.objects.select_for_update().get(pk=upload.pk))
    if found.faults:
        raise ImportRefused(
            _("Nothing was imported, because rows of the file are wrong. Mend them and choose the file again.")
        )
    amounts: Mapping[tuple[Pool, date], int] = {(row.pool, row.month): row.amount_ore for row in found.rows}
    count = enter_budget(amounts, by=by, at=at)
    if count:
        AuditEntry.objects.record(
            "budget_imported", municipality_id=upload.municipality_id, actor=by, subject=upload.name, at=at,
            cells=count, known=found.known_count, sha256=hashlib.sha256(upload.content.encode()).hexdigest(),
        )  # fmt: skip
    upload.delete()
    return count


class _Reader:
    """Holds what a row is read against: the pools by code and name, and the year's budget."""

    def __init__(self, year: int):
        self.year = year
        pools = list(Pool.objects.all())
        self.pools = {pool.name.casefold(): pool for pool in pools} | {pool.code: pool for pool in pools}
        self.known = {(row.pool_id, row.month): row.amount_ore for row in Budget.objects.filter(month__year=year)}
        self.lines: dict[tuple[int, date], int] = {}

    def read(self, line: int, values: Mapping) -> Row:
        """The row. Raises BadCell when it is about no pool, about another year, or said before."""
        pool = self.pools.get(values["pool"].casefold())
        if pool is None:
            raise BadCell(format_lazy(_("There is no pool “{pool}”."), pool=values["pool"]))
        first = values["month"]
        if first.year != self.year:
            raise BadCell(format_lazy(_("{month} is not a month of {year}."), month=f"{first:%Y-%m}", year=self.year))
        where = (pool.pk, first)
        if where in self.lines:
            text = _("Line {line} gives the same pool and month. Keep one of them.")
            raise BadCell(format_lazy(text, line=self.lines[where]))
        self.lines[where] = line
        return Row(line, pool, first, values["amount_ore"], self.known.get(where))
