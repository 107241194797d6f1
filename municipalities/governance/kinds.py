"""What can be proposed. The apps above register their kinds when they are ready, so that imports point one way."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from municipalities.governance.models import Proposal
from municipalities.models import Municipality

Plain = dict[str, Any]


def digest_of(data: Any) -> str:
    """sha256 of the canonical text of plain data."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """What a change does to one municipality: `totals` everybody reads, `rows` only that municipality and the desk."""

    totals: Plain
    rows: list[Plain] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return digest_of([self.totals, self.rows])


Effect = dict[str, Part]  # by municipality code


class Kind(ABC):
    """One kind of proposal; subclasses say what its change means. Times are UTC."""

    code = ""
    name: Any = ""
    propose_permission = ""
    change_template = ""
    effect_template = ""
    # How long before it takes effect the last yes must be there, for what the desk has to do in between.
    notice = timedelta()
    # A kind whose effect on one municipality cannot be worked out without seeing all of them.
    needs_everybody = False

    # Its effect is told by what has been, which does not change.
    is_of_the_past = False

    @abstractmethod
    def check(self, subject: str, change: Plain, *, takes_effect_at: datetime) -> None:
        """Raise RuleBroken when the change could never be used; nothing is stored then."""

    @abstractmethod
    def effect(
        self, subject: str, change: Plain, *, takes_effect_at: datetime, municipalities: Sequence[Municipality],
        at: datetime,
    ) -> Effect:  # fmt: skip
        """What the change does to these municipalities. `at` is when it was proposed, the end of what a kind looks
        back on; what is open is looked at as it is now."""

    @abstractmethod
    def give_force(self, proposal: Proposal, *, at: datetime) -> None:
        """Write the new version, in the transaction of the last yes. Sees joint tables and one municipality only."""

    def is_first(self, subject: str, *, takes_effect_at: datetime) -> bool:
        """Whether nothing is in force before that day and nothing rests on that, so that the day may have been."""
        return False

    def context(self, proposal: Proposal) -> Plain:
        """What the templates show of the change, in the reader's language."""
        return {}

    def address(self, subject: str) -> str:
        """The page of what is changed."""
        return ""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.code] = kind


def named(code: str) -> Kind:
    """Raises LookupError for a kind that no app has registered."""
    return _kinds[code]
