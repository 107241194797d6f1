"""A drawing and what is said with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from servicecenter.charts.svg import Drawing, Party


@dataclass
class Figure:
    """What `{% figure %}` puts on a page: the drawing, its finding as title, its unit, and its numbers as a table."""

    drawing: Drawing
    finding: str
    unit: str
    headings: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    legend: Sequence[Party] = ()
    note: str = ""
    table: dict[str, Sequence[Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {"headings": self.headings, "rows": self.rows}
