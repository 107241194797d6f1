"""How does the cost become bills? Pools flow through keys to parties; on a phone, each pool's shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Number
from servicecenter.charts.svg import FULL, LINE, Canvas, Drawing, Party, draw, fit, text_width
from servicecenter.ui import colours, formats

TOP = 26  # px: below the headings
NODE = 12  # px: the width of a node
SLOT = 18  # px: the least room of a node, so that its label stands free
GAP = 12  # px between two nodes


class Pool(NamedTuple):
    """A cost pool, the key that splits it, and the parties' amounts (øre, none below zero) in their order."""

    name: str
    key: str
    amounts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.amounts)


def flow(
    pools: Sequence[Pool],
    parties: Sequence[Party],
    *,
    headings: tuple[str, str, str],
    title: str,
    show: Callable[[int], str] = formats.thousands,
    show_share: Callable[[Number], str] = lambda share: formats.percent(share, 1),
    wide: int = FULL,
    inline_colours: bool = False,
) -> Drawing:
    """Ribbons as thick as their amounts: pools at the left, keys in the middle, parties at the right."""

    def paint(width: float, size: str) -> Canvas:
        if size == "wide":
            return _Flow(pools, parties, headings, show, show_share, width, title, inline_colours).draw()
        return _Shares(pools, parties, show, width, title, inline_colours).draw()

    return draw(paint, wide=wide)


class _Node(NamedTuple):
    top: float
    height: float

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


@dataclass
class _Flow:
    pools: Sequence[Pool]
    parties: Sequence[Party]
    headings: tuple[str, str, str]
    show: Callable[[int], str]
    show_share: Callable[[Number], str]
    width: float
    title: str
    inline_colours: bool

    HEIGHT = 300  # px for the whole amount, without the gaps

    def draw(self) -> Canvas:
        self.canvas = Canvas(self.width, self._height(), title=self.title, inline_colours=self.inline_colours)
        self._headings()
        self._to_keys()
        self._to_parties()
        self._nodes()
        return self.canvas

    # amounts and places

    @cached_property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(pool.key for pool in self.pools))

    @cached_property
    def total(self) -> int:
        return sum(pool.total for pool in self.pools) or 1

    def _px(self, amount: int) -> float:
        return amount / self.total * self.HEIGHT

    @cached_property
    def _totals(self) -> tuple[list[int], list[int], list[int]]:
        by_key = [sum(pool.total for pool in self.pools if pool.key == key) for key in self.keys]
        by_party = [sum(pool.amounts[place] for pool in self.pools) for place in range(len(self.parties))]
        return [pool.total for pool in self.pools], by_key, by_party

    def _stack(self, amounts: Sequence[int]) -> float:
        return sum(max(self._px(amount), SLOT) for amount in amounts) + GAP * (len(amounts) - 1)

    def _height(self) -> float:
        return TOP + max(self._stack(amounts) for amounts in self._totals) + 4

    def _column(self, amounts: Sequence[int]) -> list[_Node]:
        """Nodes below each other over the whole height; a thin one stands in the middle of its slot."""
        slots = [max(self._px(amount), SLOT) for amount in amounts]
        free = self.canvas.height - TOP - 4 - sum(slots)
        gap = free / (len(amounts) - 1) if len(amounts) > 1 else 0
        top, nodes = TOP + (0 if len(amounts) > 1 else free / 2), []
        for amount, slot in zip(amounts, slots, strict=True):
            height = self._px(amount)
            nodes.append(_Node(top + (slot - height) / 2, height))
            top += slot + gap
        return nodes

    @cached_property
    def columns(self) -> tuple[list[_Node], list[_Node], list[_Node]]:
        pools, keys, parties = self._totals
        return self._column(pools), self._column(keys), self._column(parties)

    @cached_property
    def x(self) -> tuple[float, float, float]:
        """The left edge of each column's nodes; to the right of the parties stand their words."""
        words = max(
            text_width(word, bold=True) for place in range(len(self.parties)) for word in self._party_words(place)
        )
        last = self.width - words - 10 - NODE
        return 0.0, last * 0.46, last

    # what is drawn

    def _headings(self) -> None:
        for x, words in zip(self.x, self.headings, strict=True):
            self.canvas.text(x, 14, fit(words, self.width - x), "quiet")

    def _to_keys(self) -> None:
        left, middle, _ = self.columns
        filled = [node.top for node in middle]
        for node, pool in zip(left, self.pools, strict=True):
            place = self.keys.index(pool.key)
            self._ribbon((self.x[0], node.top), (self.x[1], filled[place]), node.height, "flow")
            filled[place] += node.height

    def _to_parties(self) -> None:
        """The parties' ribbons leave a key in the order of the parties, and arrive in the order of the keys."""
        _, middle, right = self.columns
        arrived = [node.top for node in right]
        for node, key in zip(middle, self.keys, strict=True):
            leaving = node.top
            for place, party in enumerate(self.parties):
                thick = self._px(sum(pool.amounts[place] for pool in self.pools if pool.key == key))
                self._ribbon((self.x[1], leaving), (self.x[2], arrived[place]), thick, "through", fill=party.colour)
                leaving += thick
                arrived[place] += thick

    def _ribbon(
        self, source: tuple[float, float], target: tuple[float, float], thick: float, look: str, *, fill: str = ""
    ) -> None:
        (x1, y1), (x2, y2) = (source[0] + NODE, source[1]), target
        bend = (x1 + x2) / 2
        self.canvas.path(
            f"M{x1:.1f},{y1:.2f} C{bend:.1f},{y1:.2f} {bend:.1f},{y2:.2f} {x2:.1f},{y2:.2f} V{y2 + thick:.2f}"
            f" C{bend:.1f},{y2 + thick:.2f} {bend:.1f},{y1 + thick:.2f} {x1:.1f},{y1 + thick:.2f}Z",
            look,
            fill=fill,
        )

    def _nodes(self) -> None:
        left, middle, right = self.columns
        for node, pool in zip(left, self.pools, strict=True):
            self._pool(node, pool)
        for node, key in zip(middle, self.keys, strict=True):
            self.canvas.rect(self.x[1], node.top, NODE, node.height, "node")
            room = self.x[2] - self.x[1] - NODE - 20
            self.canvas.text(self.x[1] + NODE + 8, node.middle + 4, fit(key, room, bold=True), "halo")
        for place, (node, party) in enumerate(zip(right, self.parties, strict=True)):
            self.canvas.rect(self.x[2], node.top, NODE, node.height, "party", fill=party.colour)
            name, amount = self._party_words(place)
            self.canvas.text(self.x[2] + NODE + 8, node.middle - 3, name, "b")
            self.canvas.text(self.x[2] + NODE + 8, node.middle - 3 + LINE, amount, "t")

    def _pool(self, node: _Node, pool: Pool) -> None:
        amount = self.show(pool.total)
        end = self.x[1] * 0.62
        self.canvas.rect(self.x[0], node.top, NODE, node.height, "node")
        room = end - NODE - 20 - text_width(amount, bold=True)
        self.canvas.text(self.x[0] + NODE + 8, node.middle + 4, fit(pool.name, room, bold=True), "halo")
        self.canvas.text(end, node.middle + 4, amount, "halo", anchor="end")

    def _party_words(self, place: int) -> tuple[str, str]:
        amount = self._totals[2][place]
        return self.parties[place].name, f"{self.show(amount)} · {self.show_share(amount / self.total)}"


@dataclass
class _Shares:
    pools: Sequence[Pool]
    parties: Sequence[Party]
    show: Callable[[int], str]
    width: float
    title: str
    inline_colours: bool

    def draw(self) -> Canvas:
        canvas = Canvas(self.width, 54 * len(self.pools), title=self.title, inline_colours=self.inline_colours)
        for place, pool in enumerate(self.pools):
            self._row(canvas, 54 * place, pool)
        return canvas

    def _row(self, canvas: Canvas, y: float, pool: Pool) -> None:
        amount = self.show(pool.total)
        room = self.width - text_width(amount, bold=True) - 12
        canvas.text(0, y + 14, fit(pool.name, room, bold=True), "b")
        canvas.text(self.width, y + 14, amount, "quiet", anchor="end")
        x = 0.0
        for party, part in zip(self.parties, pool.amounts, strict=True):
            wide = part / (pool.total or 1) * self.width
            canvas.rect(x, y + 21, wide, 22, "party", fill=party.colour)
            words = formats.percent(part / (pool.total or 1), 0)
            if text_width(words, bold=True) + 8 <= wide:
                look = "on-dark" if colours.is_light(party.colour) else "on"
                canvas.text(x + wide / 2, y + 36, words, look, anchor="middle")
            x += wide
