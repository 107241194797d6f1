"""Ledger lines as the allocation needs them: an amount in øre, and the pool or the member it is assigned to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from billing.allocation import plain
from billing.allocation.errors import AllocationError, located


@dataclass(frozen=True, slots=True)
class Line:
    """A posting of cost or, when negative, credit; assigned to a pool, to one member (`direct`), or to nothing yet."""

    id: str
    amount_ore: int
    pool: str | None = None
    direct: str | None = None

    @property
    def is_assigned(self) -> bool:
        return self.pool is not None or self.direct is not None


def read_lines(value: object) -> tuple[Line, ...]:
    """The distinct lines: the same line twice counts once, the same id with other content is a DUPLICATE."""
    lines: dict[str, Line] = {}
    for plain_line in plain.listing(value):
        line = _line(plain_line)
        if lines.setdefault(line.id, line) != line:
            raise AllocationError("DUPLICATE", found=line.id, line=line.id)
    return tuple(lines.values())


def _line(line: object) -> Line:
    table = plain.mapping(line)
    amount = plain.whole_ore(table.get("amount_ore"), line=table.get("id"))
    with located(line=table.get("id")):
        id_, pool, direct = plain.name(table.get("id")), table.get("pool"), table.get("direct")
        if pool is not None and direct is not None:
            raise AllocationError("BAD_KEY", "line")
        assigned = {key: plain.name(code) for key, code in (("pool", pool), ("direct", direct)) if code is not None}
    return Line(id_, amount, **assigned)


def total_ore(lines: Iterable[Line]) -> int:
    return plain.whole_ore(sum(line.amount_ore for line in lines))


def sums_by(lines: Iterable[Line], assignment: Literal["pool", "direct"]) -> dict[str, int]:
    """The amounts assigned to each pool, or to each member directly, in order of code."""
    sums: dict[str, int] = {}
    for line in lines:
        code = getattr(line, assignment)
        if code is not None:
            sums[code] = sums.get(code, 0) + line.amount_ore
    place = "pool" if assignment == "pool" else "member"
    return {code: plain.whole_ore(amount, **{place: code}) for code, amount in sorted(sums.items())}
