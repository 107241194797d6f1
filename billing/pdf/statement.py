"""One municipality's statement of a month as a page of A4, in the language of the reader."""

from datetime import datetime
from itertools import accumulate

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from billing.parties import short_name
from billing.pdf.fonts import FAMILY
from billing.pdf.rendering import render
from billing.statements import Statement, month_name
from servicecenter.ui import formats


def as_pdf(statement: Statement, *, desk: str) -> bytes:
    """The PDF; `desk` is the name of the shared centre. The same statement is the same bytes in each language."""
    return render("statement.typ", content(statement, desk=desk), at=_instant(statement))


def content(statement: Statement, *, desk: str) -> dict:
    """Everything on the page, as words."""
    title = _("Statement %(number)s") % {"number": statement.number}
    return {
        "lang": (get_language() or "da")[:2], "font": FAMILY, "title": title, "desk": desk, "number": statement.number,
        "description": _("What %(name)s pays of the joint cost of %(month)s, and why")
        % {"name": statement.municipality.name, "month": formats.month(statement.period.month)},
        "subtitle": _("%(desk)s · statement") % {"desk": desk}, "owner": statement.municipality.name,
        "month": formats.month(statement.period.month).capitalize(), "facts": _facts(statement),
        "sums": _sums(statement), "consists": _consists(statement), "change": _change(statement),
        "reconciliation": _reconciliation(statement), "source": source(statement),
    }  # fmt: skip


def _instant(statement: Statement) -> datetime:
    period = statement.period
    return period.closed_at or period.approved_at or statement.run.created_at


def _facts(statement: Statement) -> list[list[str]]:
    sets = [
        _("%(name)s (decided %(day)s)") % {"name": name, "day": formats.day(decided_on)} if decided_on else name
        for name, decided_on in statement.key_sets
    ]
    facts = [[_("Statement no."), statement.number], [_("State"), state(statement)]]
    facts += [[_("Keys"), text] for text in sets[:2]]
    if statement.due_on:
        facts.append([_("Pay by"), formats.day(statement.due_on)])
    return facts


def state(statement: Statement) -> str:
    period = statement.period
    if period.closed_at:
        return _("Locked %(day)s") % {"day": formats.day(period.closed_at)}
    if period.approved_at:
        return _("Approved %(day)s") % {"day": formats.day(period.approved_at)}
    return _("Provisional, not approved")


def _sums(statement: Statement) -> list[list[str]]:
    name = short_name(statement.municipality)
    share = formats.percent(statement.share) if statement.share is not None else "–"
    pays = _("kr. excluding VAT · %(share)s of the whole") % {"share": share}
    return [
        [_("%(name)s pays") % {"name": name}, formats.amount(statement.amount_ore), pays],
        _difference(statement),
        _budget(statement),
    ]


def _difference(statement: Statement) -> list[str]:
    if statement.before is None:
        return [_("Difference from the month before"), "–", _("The month before is not calculated.")]
    title = _("Difference from %(month)s") % {"month": month_name(statement.before.month)}
    return [title, formats.amount(statement.difference_ore, signed=True), mostly(statement)]


def mostly(statement: Statement) -> str:
    """kr. (+2,9 %). Mostly KMD and licences."""
    share = statement.relative_difference
    words = _("kr.") if share is None else _("kr. (%(share)s).") % {"share": formats.percent(share, 1, signed=True)}
    names = [row.name for row in statement.largest_changes()]
    if not names:
        return words
    return words + " " + _("Mostly %(pools)s.") % {"pools": _(" and ").join(names)}


def _budget(statement: Statement) -> list[str]:
    title = _("Difference from the budget")
    if statement.budget_difference_ore is None:
        return [title, "–", _("No budget is entered.")]
    month = _("kr. in %(month)s.") % {"month": month_name(statement.period.month)}
    return [
        title,
        formats.bare_kroner(statement.budget_difference_ore, signed=True),
        f"{month} {year(statement)}".strip(),
    ]


def year(statement: Statement) -> str:
    """Year to date: +0,4 %."""
    if statement.year_difference is None:
        return ""
    return _("Year to date: %(share)s") % {"share": formats.percent(statement.year_difference, 1, signed=True)}


def _consists(statement: Statement) -> dict:
    name = short_name(statement.municipality)
    return {
        "title": _("What the bill consists of"),
        "headings": [
            _("Cost pool"), _("Allocation key"), _("Quantity"), _("Share"), _("Pool in all, DKK"),
            _("%(name)s pays, DKK") % {"name": name},
        ],
        "rows": [
            [
                row.name, row.key, row.quantity or "–", _share(row.share), formats.amount(row.total_ore),
                formats.amount(row.amount_ore),
            ]
            for row in statement.rows
        ],
        "totals": [
            [
                _("Total"), "", "", _share(statement.share), formats.amount(statement.total_ore),
                formats.amount(statement.amount_ore),
            ],
            *_corrected(statement),
        ],
        "note": ". ".join(f"{flow.pool.name}: {flow.in_words()}" for flow in statement.flows),
    }  # fmt: skip


def _corrected(statement: Statement) -> list[list[str]]:
    """What the month carries for closed months, and what is to be paid with it; nothing when there is none."""
    if not statement.corrections:
        return []
    months = {row.correction.corrected.month for row in statement.corrections}
    of = _(" and ").join(formats.month(month) for month in sorted(months))
    carried, together = formats.amount(statement.corrections_ore), formats.amount(statement.payable_ore)
    return [
        [_("Correction of %(month)s") % {"month": of}, "", "", "", "", carried],
        [_("To be paid with the corrections"), "", "", "", "", together],
    ]


def _share(share) -> str:
    return "–" if share is None else formats.percent(share)


def _change(statement: Statement) -> dict | None:
    """A waterfall: each bar begins where the one before it ended. Places and widths are shares of the breadth."""
    rows = [row for row in statement.rows if row.difference_ore]
    if statement.before is None or not rows:
        return None
    ends = list(accumulate((row.difference_ore for row in rows), initial=0))
    low, high = min(ends), max(ends)
    breadth = (high - low) or 1
    steps = [
        _step(row.name, start, end, low=low, breadth=breadth, tone="up" if row.difference_ore > 0 else "down")
        for row, start, end in zip(rows, ends, ends[1:], strict=False)
    ]
    steps.append(_step(_("Difference in all"), 0, ends[-1], low=low, breadth=breadth, tone="total"))
    month = formats.month(statement.before.month)
    finding = ". ".join(f"{step['name']}: {step['amount']}" for step in steps)
    return {
        "title": _("Why does the bill differ from %(month)s?") % {"month": month}, "finding": finding,
        "steps": steps, "reasons": statement.reasons(),
    }  # fmt: skip


def _step(name: str, start: int, end: int, *, low: int, breadth: int, tone: str) -> dict:
    return {
        "name": name, "from": (min(start, end) - low) / breadth, "width": abs(end - start) / breadth, "tone": tone,
        "amount": formats.kroner(end - start, signed=True),
    }  # fmt: skip


def _reconciliation(statement: Statement) -> dict:
    count = len(statement.carriers)
    verdict = _("Balances") if statement.remainder_ore == 0 else _("Not assigned yet")
    allocated = ngettext("Allocated to %(count)s municipality", "Allocated to %(count)s municipalities", count)
    return {
        "title": _("Reconciliation"),
        "boxes": [
            [_("Posted in the accounts"), formats.money(statement.run.ledger_ore)],
            [allocated % {"count": count}, formats.money(statement.run.allocated_ore)],
            [_("Remainder"), f"{formats.money(statement.remainder_ore)} · {verdict}"],
        ],
        "headings": [_("Municipality"), _("Amount"), _("Share")],
        "rows": [
            [short_name(owner), formats.money(ore), _share(statement.share_of(ore)), owner == statement.municipality]
            for owner, ore in statement.carriers
        ],
    }  # fmt: skip


def moment(when: datetime) -> str:
    """9. november 2026 kl. 11:14."""
    return _("%(day)s at %(time)s") % {"day": formats.day(when), "time": formats.clock(when)}


def source(statement: Statement) -> list[str]:
    """How single øre are shared, who calculated, approved and closed, the control number, and a closed month's hash."""
    period = statement.period
    acts = [
        (_("Calculated by %(who)s %(when)s."), period.calculated_by, period.calculated_at),
        (_("Approved by %(who)s %(when)s."), period.approved_by, period.approved_at),
        (_("Closed by %(who)s %(when)s."), period.closed_by, period.closed_at),
    ]
    told = [words % {"who": who.name, "when": moment(when)} for words, who, when in acts if who and when]
    return [
        _("Single øre go to the largest remainders, so the amounts always add up to the pool."),
        *told,
        _("Control number %(number)s.") % {"number": statement.run.control_number},
        *([_("The month's last hash is %(hash)s.") % {"hash": grouped(period.last_hash)}] if period.last_hash else []),
    ]


def grouped(digits: str) -> str:
    """Hex digits in groups of eight, which a reader can compare and a narrow page can break."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))
