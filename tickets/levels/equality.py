"""Are the municipalities served equally? What the stored verdicts of a month say, in plain words.

For a closed month the frozen verdicts are read, else those judged last. `read` is also what the director's overview
shows, together with the template tickets/levels/_equality.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from municipalities.models import Municipality
from servicecenter.ui import formats
from servicecenter.ui.templatetags.ui import listed, short_name
from tickets.levels.judging import SPANS, margin_of
from tickets.levels.models import (
    CLOCKS,
    JUDGED,
    PROXIMITY,
    EqualityMargin,
    EqualityVerdict,
    FrozenVerdict,
    LevelKind,
    LevelMonth,
)
from tickets.sla.attainment import wilson
from tickets.sla.equality import BETTER, EQUAL, TOO_FEW, UNDECIDED, WORSE

MANY_MEMBERS = 17  # from here on the funnel replaces the pairwise view


@dataclass(frozen=True)
class Cell:
    """One municipality and one goal. `result` as tickets.levels.judging writes it; None where nothing was counted."""

    municipality: Municipality
    result: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        return self.result["verdict"] if self.result else TOO_FEW

    @property
    def n(self) -> int:
        return self.result["n"] if self.result else 0

    @property
    def share(self) -> Fraction | None:
        """As observed; None is "no data", never 100 %."""
        return Fraction(self.result["met"], self.n) if self.result and self.n else None

    @property
    def rate(self) -> float | None:
        """As if every municipality had the joint mix of tickets."""
        return self.result["rate"] if self.result else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        return wilson(self.result["met"], self.n) if self.result else (None, None)

    @property
    def look(self) -> tuple[str, str]:
        """Tone and icon of the chip; only "served equally" has the green tick."""
        return LOOKS[self.verdict]

    @property
    def words(self) -> str:
        if self.verdict == UNDECIDED:
            more = self.result["more_needed"] if self.result else 0
            words = ngettext(
                "Cannot be told yet (%(count)s more ticket needed)",
                "Cannot be told yet (%(count)s more tickets needed)",
                more,
            )
            return words % {"count": formats.number(more)}
        return words_of(self.verdict)

    @property
    def brief(self) -> str:
        """The verdict where there is little room: of what cannot be told yet only how many tickets it lacks."""
        if self.verdict != UNDECIDED or not self.result:
            return self.words
        more = self.result["more_needed"]
        words = ngettext("lacks %(count)s ticket", "lacks %(count)s tickets", more)
        return words % {"count": formats.number(more)}


def words_of(verdict: str) -> str:
    """In the reader's language, without the number of tickets that would decide it."""
    return {
        EQUAL: _("Served equally"),
        BETTER: _("Served better"),
        WORSE: _("Served worse"),
        UNDECIDED: _("Cannot be told yet"),
        TOO_FEW: _("Too few tickets"),
    }[verdict]


LOOKS = {
    EQUAL: ("ok", "check"),
    BETTER: ("info", "arrow-upward"),
    WORSE: ("warn", "warning"),
    UNDECIDED: ("plain", "hourglass"),
    TOO_FEW: ("plain", "minus"),
}


@dataclass(frozen=True)
class Goal:
    """One clock or part of proximity, with a cell for every municipality."""

    kind: str
    cells: list[Cell]

    @property
    def name(self) -> str:
        return str(LevelKind(self.kind).label)

    @property
    def is_empty(self) -> bool:
        return not any(cell.n for cell in self.cells)

    @cached_property
    def covered(self) -> float | None:
        """The part of the tickets in strata that every municipality has, over which the rates are standardised."""
        return next((cell.result["covered"] for cell in self.cells if cell.result), None)

    @cached_property
    def index(self) -> float | None:
        """100 × lowest / highest standardised rate."""
        return next((cell.result["index"] for cell in self.cells if cell.result), None)

    @cached_property
    def overall_p(self) -> float | None:
        return next((cell.result["overall_p"] for cell in self.cells if cell.result), None)

    @cached_property
    def joint_share(self) -> Fraction | None:
        met = sum(cell.result["met"] for cell in self.cells if cell.result)
        n = sum(cell.n for cell in self.cells)
        return Fraction(met, n) if n else None

    @property
    def is_equal(self) -> bool:
        return all(cell.verdict == EQUAL for cell in self.cells)

    def served(self, verdict: str) -> list[str]:
        return [short_name(cell.municipality) for cell in self.cells if cell.verdict == verdict]

    @property
    def has_times(self) -> bool:
        return any(cell.result and cell.result.get("ratio") for cell in self.cells)


@dataclass(frozen=True)
class Equality:
    """The verdicts over the `span` months that end with `month`. `margin` is the one they were judged with."""

    month: date
    span: int
    members: list[Municipality]
    goals: list[Goal]
    margin: EqualityMargin
    points: Decimal
    measured_at: datetime
    is_frozen: bool

    @property
    def clocks(self) -> list[Goal]:
        return [goal for goal in self.goals if goal.kind in CLOCKS]

    @property
    def proximity(self) -> list[Goal]:
        return [goal for goal in self.goals if goal.kind in PROXIMITY]

    @property
    def has_many_members(self) -> bool:
        return len(self.members) >= MANY_MEMBERS

    @property
    def equal_count(self) -> int:
        return sum(goal.is_equal for goal in self.goals)

    @property
    def finding(self) -> str:
        """Who is served worse, by name; else how many goals are met equally, and how many cannot be told."""
        worse = [(goal, goal.served(WORSE)) for goal in self.goals]
        said = [
            _("%(names)s: served worse on “%(goal)s”") % {"names": listed(names), "goal": goal.name.lower()}
            for goal, names in worse
            if names
        ]
        if said:
            return "; ".join(said)
        return _("Nobody is certainly served worse. Equal on %(count)s of %(all)s goals") % {
            "count": self.equal_count, "all": len(self.goals),
        }  # fmt: skip


def read(month: date, *, span: int = 3) -> Equality | None:
    """The verdicts of a month (its first day) in three questions to the database; None when it was never judged."""
    if span not in SPANS:
        return None
    is_frozen = LevelMonth.objects.filter(month=month).exclude(closed_at=None).exists()
    model = FrozenVerdict if is_frozen else EqualityVerdict
    rows = list(model.objects.filter(month=month, span=span).select_related("municipality"))
    if not rows:
        return None
    margin = margin_of(month)
    return Equality(
        month=month, span=span, members=_members(rows), goals=_goals(rows), margin=margin,
        points=rows[0].margin_points, measured_at=max(row.measured_at for row in rows), is_frozen=is_frozen,
    )  # fmt: skip


def judged_months() -> list[date]:
    """Every month that has verdicts, newest first."""
    frozen = FrozenVerdict.objects.values_list("month", flat=True)
    return sorted(set(EqualityVerdict.objects.values_list("month", flat=True).union(frozen)), reverse=True)


def _members(rows: Iterable[Any]) -> list[Municipality]:
    return sorted({row.municipality_id: row.municipality for row in rows}.values(), key=lambda owner: owner.code)


def _goals(rows: list[Any]) -> list[Goal]:
    """In the order of JUDGED; a goal that nobody was judged on is left out."""
    found = {(row.kind, row.municipality_id): row.result for row in rows}
    members = _members(rows)
    goals = [Goal(kind, [Cell(owner, found.get((kind, owner.pk))) for owner in members]) for kind in JUDGED]
    return [goal for goal in goals if not goal.is_empty]
