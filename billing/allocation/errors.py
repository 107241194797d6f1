"""What the allocation refuses, each with a code that programs read and a sentence that a finance officer reads.

The codes are part of the product's contract (docs/en/allocation.md, "Refusals"). A sentence first names the place
(pool, member, driver, day), then says what is wrong and how to mend it. `reason` picks a more exact sentence where
one code has several causes. Nothing is stored when one of these is raised.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicecenter.errors import RuleBroken

FAULTS = {
    "NOT_INTEGER": _("“%(found)s” is not an amount in whole øre. Write a whole number without decimals."),
    "NOT_INTEGER.range": _(
        "The amount %(found)s is too large to be stored. Check the ledger lines for a wrong amount."
    ),
    "BAD_NUMBER": _("“%(found)s” is not a number. Write digits with a decimal point, for example 12.5."),
    "BAD_NUMBER.length": _("“%(found)s” is too long to be a number that somebody measured. Check it."),
    "EMPTY": _(
        "There is nobody to share the cost. Add a participation for the day, or choose a key that names a member."
    ),
    "EMPTY.ticket": _("The ticket belongs to nobody. Add the municipality it concerns."),
    "MISSING_DRIVER": _("A value is missing, and missing is not zero. Enter it, or end the participation."),
    "MISSING_DRIVER.driver": _("The driver has not been measured in this period. Measure it, or choose another key."),
    "MISSING_DRIVER.priority": _("The priority “%(found)s” has no weight. Give it one in the key."),
    "NEGATIVE_DRIVER": _("The value %(found)s is negative. Correct it; a driver is zero or more."),
    "NEGATIVE_DRIVER.capacity": _(
        "More is given away than the %(found)s there are. Give less, or correct the capacity."
    ),
    "ZERO_DRIVER": _("All values are zero, so there is nothing to share by. Enter the values, or choose another key."),
    "BAD_WEIGHTS": _("The weights of the parts give %(found)s and must give exactly 1. Correct the key."),
    "BAD_WEIGHTS.step": _("The step %(found)s of the transition is not between 0 and 1. Correct the key."),
    "BAD_WEIGHTS.negative": _("The weight %(found)s of a part is negative. Correct the key."),
    "BAD_PERCENT": _("The percentages of those taking part give %(found)s and must give exactly 100. Correct the key."),
    "BAD_PERCENT.negative": _("The percentage %(found)s is negative. Correct the key."),
    "BOUNDS": _("No split keeps all floors and caps. Lower a floor, or raise a cap."),
    "BOUNDS.negative": _("The bound %(found)s is negative. Correct the key; bounds are shares from 0 to 1."),
    "BOUNDS.crossed": _("The floor lies above the cap. Lower the floor, or raise the cap."),
    "OVERLAP": _("Two key versions are in force on the same day. End one of them earlier."),
    "OVERLAP.participation": _("Two participations cover the same day. End one of them earlier."),
    "GAP": _("No key version is in force. Add one that covers the day."),
    "BAD_DATE": _("“%(found)s” is not a date. Write it like 2026-04-01."),
    "BAD_DATE.order": _(
        "The end %(found)s does not lie after the start. Correct one of them; the end day is not included."
    ),
    "BAD_DATE.instant": _("“%(found)s” is not a time. Write it like 2026-04-01T08:00:00+02:00."),
    "BAD_KEY": _("“%(found)s” cannot be used as a key. Choose one of the types of key."),
    "BAD_KEY.shape": _("“%(found)s” cannot be read here. Check the fields and lists."),
    "BAD_KEY.depth": _("The key has too many keys inside each other. Make it simpler."),
    "BAD_KEY.tiers": _("The tiers of the key cannot be used. Each ends above the one before, and no rate is negative."),
    "BAD_KEY.on_zero": _("“%(found)s” does not say what to do with an empty part. Choose reject or drop."),
    "BAD_KEY.nature": _("“%(found)s” is not the nature of a driver. Choose stock or flow."),
    "BAD_KEY.pool": _("There is no pool “%(found)s”. Create it first, or choose another."),
    "BAD_KEY.receiver": _("“%(found)s” is neither a pool nor a municipality code. Correct the receiver."),
    "BAD_KEY.order": _("The pool “%(found)s” has no place in the order of calculation. Give it one."),
    "BAD_KEY.reserved": _("A pool cannot be called “%(found)s”. Rename it."),
    "BAD_KEY.line": _("The ledger line names both a pool and a member. Choose one of them."),
    "BAD_KEY.overhead": _("The pool “%(found)s” has no key of its own. Choose a pool that is shared by a key."),
    "BAD_KEY.idle": _("%(found)s units are idle and nobody carries them. Choose the pool that does."),
    "CYCLE": _("The cost goes back to “%(found)s”, which is already calculated. Change the order, or the receivers."),
    "CYCLE.basis": _(
        "The overhead builds on “%(found)s”, which is not calculated before it. Change the order, or the basis."
    ),
    "NO_EXIT": _(
        "The pools give only to each other, so the cost never reaches a member. Let one of them give to a member."
    ),
    "NEGATIVE_BASIS": _("The cost to share by is negative (%(found)s øre). Choose another basis, or move the credit."),
    "NEGATIVE_BASIS.own": _(
        "The pool has a credit (%(found)s øre) and cannot serve others both ways. Choose step-down."
    ),
    "DUPLICATE": _("“%(found)s” stands twice with different content. Remove or correct one of them."),
    "DUPLICATE.name": _("“%(found)s” stands twice. Remove one of them."),
    "BAD_COUNT": _("“%(found)s” is not a number of instalments. Write a whole number from 1 to 1200."),
    "BAD_COUNT.alternatives": _(
        "There must be one alternative for each pool. Leave it empty to keep the key of the pool."
    ),
    "SELF_TRADE": _("“%(found)s” cannot trade capacity with itself. Choose another buyer or seller."),
    "NO_BASE": _("The baseline lacks “%(found)s”, or it is not above zero. Enter it in the business case."),
    "NAIVE_TIME": _("The time “%(found)s” has no time zone. Add one, for example +02:00, or Z for UTC."),
}

PLACES = {
    "pool": pgettext_lazy("place of a fault", "pool %s"),
    "line": pgettext_lazy("place of a fault", "ledger line %s"),
    "member": pgettext_lazy("place of a fault", "municipality %s"),
    "driver": pgettext_lazy("place of a fault", "driver %s"),
    "ticket": pgettext_lazy("place of a fault", "ticket %s"),
    "day": "%s",
}


class AllocationError(RuleBroken):
    """Input that the allocation refuses: `code` for programs, `sentence()` for people, `where` for links and forms."""

    def __init__(self, code: str, reason: str = "", /, *, found: object = "", **where: object) -> None:
        self.code, self.reason, self.found = code, reason, found
        self.where = {name: value for name, value in where.items() if value is not None}
        # Not through RuleBroken: the sentence is made only when somebody reads it, in the reader's language.
        Exception.__init__(self, code)

    def sentence(self, names: Mapping[str, Mapping[str, str]] | None = None) -> str:
        """What is wrong, where, and how to mend it, in the language of the reader.

        `names` turns codes into names: {"pool": {"DESK": "Service desk"}, "member": {"151": "Ballerup"}}.
        """
        found = shortened(self.found)
        if self.code == "CYCLE":  # a pool, by its code
            found = (names or {}).get("pool", {}).get(found, found)
        fault = str(FAULTS[self._kind]) % {"found": found}
        places = [str(PLACES[place]) % self._name(place, names or {}) for place in PLACES if place in self.where]
        if not places:
            return fault
        place = ", ".join(places)
        return translated("%(place)s: %(fault)s") % {"place": place[0].upper() + place[1:], "fault": fault}

    def _name(self, place: str, names: Mapping[str, Mapping[str, str]]) -> str:
        value = self.where[place]
        if isinstance(value, date):
            return date_format(value)
        return names.get(place, {}).get(shortened(value), shortened(value))

    @property
    def message(self) -> str:
        return self.sentence()

    def __str__(self) -> str:
        # Untranslated on purpose: a log line must be writable before Django is set up.
        places = ", ".join(f"{place} {shortened(value)}" for place, value in self.where.items())
        return f"{self._kind}: {shortened(self.found)} ({places})"

    @property
    def _kind(self) -> str:
        return f"{self.code}.{self.reason}" if self.reason else self.code


@contextmanager
def located(**where: object) -> Iterator[None]:
    """Adds the place to a refusal from within, unless a place further in has named it already."""
    try:
        yield
    except AllocationError as error:
        error.where = {name: value for name, value in where.items() if value is not None} | error.where
        raise


def shortened(value: object) -> str:
    try:
        text = str(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits.
        text = "…"
    return text if len(text) <= 60 else text[:59] + "…"
