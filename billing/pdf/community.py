"""The whole community's month as a page of A4: what each municipality carries of each pool. Totals only."""

from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.parties import short_name
from billing.pdf.fonts import FAMILY
from billing.pdf.rendering import render
from servicecenter.ui import formats

if TYPE_CHECKING:
    from billing.subscriptions.reports import Totals


def as_pdf(totals: "Totals", *, desk: str) -> bytes:
    """The same month is the same bytes in each language."""
    return render("community.typ", content(totals, desk=desk), at=totals.period.closed_at or totals.run.created_at)


def content(totals: "Totals", *, desk: str) -> dict:
    month = formats.month(totals.period.month)
    closed = totals.period.closed_at
    return {
        "lang": (get_language() or "da")[:2], "font": FAMILY, "desk": desk, "month": month.capitalize(),
        "title": _("The community's month: %(month)s") % {"month": month},
        "description": _("What each municipality carries of the joint cost of %(month)s") % {"month": month},
        "state": _("Locked %(day)s") % {"day": formats.day(closed)} if closed else _("Provisional, not approved"),
        "headings": [_("Pool"), *(short_name(member) for member in totals.members), _("Total, DKK")],
        "rows": [[name, *_amounts(row)] for name, row in totals.rows], "total": [_("Total"), *_amounts(totals.sums)],
        "source": _("Control number %(number)s.") % {"number": totals.run.control_number},
    }  # fmt: skip


def _amounts(row: list[int]) -> list[str]:
    return [formats.amount(ore) for ore in [*row, sum(row)]]
