"""Ledger lines from a file: looked at first, then read in, all or nothing.

A line counts once per source and id. The same line again changes nothing; other content under a known id is refused
and shown, since what was posted is corrected by a new line and never rewritten.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from billing.corrections import booking_month
from billing.csv_lines import (
    AMOUNT,
    FIELDS,
    Draft,
    Fault,
    decode,
    guess_mapping,
    missing_fields,
    read_lines,
    read_table,
)
from billing.exports import harmless
from billing.models import AssignmentRule, ImportBatch, LedgerLine, Period, Pool, SourceMapping, Upload
from billing.rules import Rules
from billing.workbooks import as_text, is_workbook
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

CHUNK = 5_000


class ImportRefused(RuleBroken):
    """Nothing was read in."""


@dataclass(frozen=True)
class Change:
    """A row that contradicts the books: (label, in the books, in the file) for every cell that differs."""

    draft: Draft
    line: LedgerLine
    cells: list[tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Preview:
    """What an import would do: the new lines, how many are known already, and why rows are refused.

    `changes` are rows that say something else under an id that is in the books; each is among the faults too.
    `rules` holds the rule that decides, by the line of the file, where the file names neither pool nor payer.
    """

    new: list[Draft]
    known_count: int
    faults: list[Fault]
    changes: list[Change] = field(default_factory=list)
    rules: dict[int, AssignmentRule] = field(default_factory=dict)

    @property
    def late(self) -> list[Draft]:
        """Lines of months that are closed: corrections will carry them."""
        return [draft for draft in self.new if draft.is_late]

    @property
    def unassigned(self) -> list[Draft]:
        """New lines that neither the file nor a rule gives a pool or a payer."""
        return [draft for draft in self.new if draft.is_open and draft.line not in self.rules]

    @property
    def row_count(self) -> int:
        return len(self.new) + self.known_count + len({fault.line for fault in self.faults})

    @property
    def amount_ore(self) -> int:
        return sum(draft.amount_ore for draft in self.new)

    @property
    def is_clean(self) -> bool:
        return not self.faults


def receive(*, data: bytes, name: str, source: str, by: Person, at: datetime | None = None) -> Upload:
    """Keep a file, CSV or XLSX, until somebody has looked at it. Raises Unreadable when it is no table."""
    text = as_text(data) if is_workbook(data) else decode(data)
    table = read_table(text)
    return Upload.objects.create(
        municipality=Municipality.objects.operator(), name=name[:200], source=source, content=text,
        mapping=_known_mapping(source, table.header) or guess_mapping(table.header), created_by=by,
        created_at=at or timezone.now(),
    )  # fmt: skip


def _known_mapping(source: str, header: tuple[str, ...]) -> dict[str, str]:
    """How the system's last file was read, if this one has the same columns."""
    saved = SourceMapping.objects.filter(source=source).first()
    mapping = saved.mapping if saved else {}
    return mapping if set(mapping.values()) <= set(header) else {}


def keep_mapping(upload: Upload, mapping: Mapping[str, str], *, by: Person, at: datetime | None = None) -> Upload:
    """Read this file, and the system's next ones, by these columns."""
    upload.mapping = dict(mapping)
    upload.save(update_fields=["mapping"])
    SourceMapping.objects.update_or_create(
        source=upload.source,
        defaults={"mapping": upload.mapping, "changed_by": by, "changed_at": at or timezone.now()},
    )
    return upload


def preview(upload: Upload) -> Preview:
    """Read the file against what is in the books. Writes nothing."""
    table = read_table(upload.content)
    if missing := missing_fields(upload.mapping, table.header):
        reason = format_lazy(_("Choose the column that holds “{field}”."), field=missing[0].label)
        return Preview([], 0, [Fault(1, reason)])
    reading = read_lines(table, upload.mapping)
    books = _Books(upload.source, reading.drafts)
    new, known, faults, changes, rules = [], 0, reading.faults, [], {}
    all_rules = Rules()
    for draft in reading.drafts:
        if books.holds(draft):
            known += 1
        elif reason := books.objection(draft):
            faults.append(Fault(draft.line, reason))
            changes += books.change(draft)
        else:
            new.append(replace(draft, is_late=draft.month in books.closed))
            books.add(draft)
            if draft.is_open and (rule := all_rules.first_for(draft)):
                rules[draft.line] = rule
    return Preview(new, known, sorted(faults, key=lambda fault: fault.line), changes, rules)


def rejects_as_csv(upload: Upload, faults: list[Fault]) -> str:
    """The refused rows with line number, column and reason in front, to be mended and read in again."""
    table, out = read_table(upload.content), io.StringIO()
    rows = dict(table.rows)
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Line"), _("Column"), _("Why"), *table.header])
    for fault in faults:
        writer.writerow([fault.line, *map(_cell, (fault.column, fault.reason, *rows.get(fault.line, ())))])
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()


def _cell(cell: object) -> str:
    """An amount stays what it is, a minus in front is no formula."""
    text = str(cell)
    return text if AMOUNT.fullmatch(text) else harmless(text)


@transaction.atomic
def import_lines(upload: Upload, *, by: Person, at: datetime | None = None) -> ImportBatch | None:
    """Write all lines of the file, or none. Raises ImportRefused when any row is bad; None when all were known."""
    at = at or timezone.now()
    found = preview(Upload.objects.select_for_update().get(pk=upload.pk))
    if found.faults:
        raise ImportRefused(
            _("Nothing was imported, because rows of the file are wrong. Mend them and choose the file again.")
        )
    if not found.new:
        upload.delete()
        return None
    batch = ImportBatch.objects.create(
        name=upload.name, sha256=hashlib.sha256(upload.content.encode()).hexdigest(),
        line_count=len(found.new), known_count=found.known_count, created_by=by, created_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            LedgerLine.objects.bulk_create(_lines(found, upload, batch, by), batch_size=CHUNK)
    except IntegrityError as error:
        # Somebody imported, or approved the month, since we looked.
        raise ImportRefused(_("The books changed while the file was read. Look at the preview again.")) from error
    AuditEntry.objects.record(
        "ledger_imported", municipality_id=upload.municipality_id, actor=by, subject=upload.name, at=at,
        lines=batch.line_count, known=batch.known_count, sha256=batch.sha256,
    )  # fmt: skip
    upload.delete()
    return batch


def _lines(found: Preview, upload: Upload, batch: ImportBatch, by: Person) -> list[LedgerLine]:
    pools = {pool.code: pool for pool in Pool.objects.all()}
    owners = {owner.code: owner.pk for owner in Municipality.objects.members()}
    postings = {month: _Postings(month) for month in sorted({draft.month for draft in found.new})}
    lines = []
    for draft in found.new:
        rule, to = found.rules.get(draft.line), postings[draft.month]
        owner = rule.paid_by_id if rule else owners.get(draft.municipality)
        lines.append(LedgerLine(
            municipality_id=owner or upload.municipality_id, period=to.period, corrects=to.corrects,
            pool=rule.pool if rule else pools.get(draft.pool), assigned_rule=rule, source=upload.source, batch=batch,
            assigned_by=by, external_id=draft.external_id, digest=draft.digest, document_ref=draft.document_ref,
            vendor=draft.vendor, account=draft.account, contract=draft.contract, booked_on=draft.booked_on,
            amount_ore=draft.amount_ore, vat_ore=draft.vat_ore, text=draft.text,
        ))  # fmt: skip
    return lines


def as_draft(line: LedgerLine) -> Draft:
    """A line of the books as a file would say it. The pool is the one it has now."""
    is_joint = line.municipality.kind == Municipality.Kind.OPERATOR
    return Draft(
        line=0, external_id=line.external_id, month=(line.corrects or line.period).month, booked_on=line.booked_on,
        amount_ore=line.amount_ore, vat_ore=line.vat_ore, account=line.account, vendor=line.vendor,
        document_ref=line.document_ref, text=line.text, pool=line.pool.code if line.pool else "",
        municipality="" if is_joint else line.municipality.code, contract=line.contract,
    )  # fmt: skip


class _Postings:
    """Where lines of a month go: to itself or, when it is closed, as late lines to the first open month after it."""

    def __init__(self, month: date):
        self.period, self.corrects = Period.objects.of_month(month), None
        if self.period.state == Period.State.CLOSED:
            self.period, self.corrects = booking_month(self.period), self.period


class _Books:
    """What a line is held against: known ids, pools, municipalities, and months that take no more lines."""

    def __init__(self, source: str, drafts: list[Draft]):
        self.source = source
        self.digests = dict(_known_digests(source, [draft.external_id for draft in drafts]))
        self.pools = {pool.code: pool.is_direct for pool in Pool.objects.all()}
        self.members = set(Municipality.objects.members().values_list("code", flat=True))
        self.approved = {period.month for period in Period.objects.filter(state=Period.State.APPROVED)}
        self.closed = {period.month for period in Period.objects.filter(state=Period.State.CLOSED)}

    def holds(self, draft: Draft) -> bool:
        return self.digests.get(draft.external_id) == draft.digest

    def add(self, draft: Draft) -> None:
        self.digests[draft.external_id] = draft.digest

    def change(self, draft: Draft) -> list[Change]:
        """What a row says otherwise than the line of the same id; nothing for rows refused for another reason."""
        known = LedgerLine.objects.filter(source=self.source, external_id=draft.external_id)
        line = known.select_related("period", "corrects", "pool", "municipality").first()
        if line is None:
            return []
        before = as_draft(line)
        shown = [(known.label, getattr(before, known.name), getattr(draft, known.name)) for known in FIELDS]
        return [Change(draft, line, [cell for cell in shown if cell[1] != cell[2]])]

    def objection(self, draft: Draft) -> Any:
        if draft.external_id in self.digests:
            return format_lazy(
                _("The line {id} is known with other content. Book a correction as a new line."), id=draft.external_id
            )
        return self._month_objection(draft.month) or self._owner_objection(draft)

    def _month_objection(self, month: date) -> Any:
        if month in self.approved:
            return format_lazy(
                _("{month} is approved and takes no more lines. Close it, then the line becomes a correction of it."),
                month=f"{month:%Y-%m}",
            )
        return None

    def _owner_objection(self, draft: Draft) -> Any:
        if draft.municipality and draft.municipality not in self.members:
            return format_lazy(_("There is no municipality {code}."), code=draft.municipality)
        if draft.pool and draft.pool not in self.pools:
            return format_lazy(_("There is no pool “{pool}”."), pool=draft.pool)
        if draft.pool and self.pools[draft.pool] != bool(draft.municipality):
            return _("One municipality's line needs a direct pool, and a joint line a shared one. Choose another.")
        return None


def _known_digests(source: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        yield from LedgerLine.objects.filter(source=source, external_id__in=some).values_list("external_id", "digest")
