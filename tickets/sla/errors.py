"""What the law of the clocks refuses, each with a code that programs read and a sentence that people read.

Nothing is stored when one of these is raised. The codes are part of the product's contract (docs/en/sla.md);
the sentences say what is wrong and how to mend it. `reason` picks a more exact sentence where one code has
several causes; `where` carries the values and, for forms, the place of the mistake.
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from servicecenter.errors import RuleBroken

MESSAGES = {
    "NAIVE_TIME": _("The time “%(value)s” has no time zone. Add one, for example +01:00, or Z for UTC."),
    "BAD_TIME": _("“%(value)s” is not a time between 1900 and 2200. Write it like 2026-03-02T08:00:00+01:00."),
    "BAD_TIME.date": _("“%(value)s” is not a date between 1900 and 2200. Write it like 2026-03-02."),
    "BAD_TIME.month": _("“%(value)s” is not a month between 1900 and 2200. Write it like 2026-03."),
    "BAD_TIME.year": _("“%(value)s” is not a year between 1900 and 2200."),
    "BAD_ZONE": _("“%(value)s” is not a time zone. Choose one such as Europe/Copenhagen."),
    "BAD_INTERVAL": _(
        "The opening hours “%(value)s” cannot be used. Every interval opens before it closes, between 00:00 and 24:00, "
        "and the intervals of a day follow each other without overlap. Split a night shift at midnight."
    ),
    "BAD_INTERVAL.weekday": _("“%(value)s” is not a weekday. Use mon, tue, wed, thu, fri, sat and sun."),
    "BAD_INTERVAL.shape": _("The calendar cannot be read at “%(value)s”. Check its weekdays, dates and lists."),
    "OVERLAP": _("Two versions start on %(value)s. Give each version its own first day."),
    "UNKNOWN_CALENDAR": _("There is no calendar “%(value)s”. Create it first, or choose another."),
    "UNKNOWN_POLICY": _("There is no agreement “%(value)s”. Create it first, or choose another."),
    "NO_OPENING": _("The calendar “%(value)s” has no opening hours within 400 days. Add some, or choose another."),
    "NO_OPENING.too_long": _("The calendar “%(value)s” never opens long enough for this target. Shorten the target."),
    "BAD_TARGET": _(
        "“%(value)s” is not a target. Write whole minutes, at least 1, or leave it empty to promise nothing."
    ),
    "BAD_TARGET.percent": _("“%(value)s” is not a warning limit. Write whole percents from 1 to 99."),
    "BAD_PRIORITY": _("“%(value)s” is not a priority. Priorities go from 1 to 5, impact and urgency from 1 to 3."),
    "BAD_ORDER": _("The events do not follow each other. Check their order and their times."),
    "BAD_ORDER.interval": _("The end lies before the start. Swap them, or correct one of them."),
    "BAD_ORDER.first": _("The first event must be the creation of the ticket."),
    "BAD_ORDER.created": _("A ticket is created only once."),
    "BAD_ORDER.time": _("An event lies before the one recorded ahead of it. Correct its time."),
    "BAD_ORDER.now": _("The time asked about lies before the last event. Choose a later one."),
    "BAD_ORDER.solved": _("The ticket is solved. Reopen it first."),
    "BAD_ORDER.not_solved": _("The ticket is not solved, so it cannot be reopened."),
    "BAD_ORDER.merged": _("The ticket is merged into another. Go on there."),
    "BAD_ORDER.handed_over": _("The vendor “%(value)s” already has the ticket. Take it back first."),
    "BAD_ORDER.not_handed_over": _("The vendor “%(value)s” does not have the ticket, so it cannot be taken back."),
    "BAD_EVENT": _("The event “%(value)s” cannot be used. Check its kind and its fields."),
    "BAD_EVENT.state": _("“%(value)s” is not a state in which a ticket can wait or be worked on."),
    "BAD_EVENT.clock": _("The ticket has no clock “%(value)s”. Choose one that has started."),
    "BAD_EVENT.missing": _("The event lacks “%(value)s”. Fill it in."),
    "BAD_EVENT.never_paused": _("The clock “%(value)s” is never paused. Remove its pause states."),
    "BAD_TABLE": _(
        "The figures cannot be compared at “%(value)s”. Met may not exceed the count, at least two municipalities "
        "are needed, and probabilities lie between 0 and 1."
    ),
}


class SlaError(RuleBroken):
    """Input that the law refuses: `code` for programs, `message` for people, `where` for forms."""

    def __init__(self, code, *, reason="", value="", **where):
        self.code = code
        self.reason = reason
        self.where = {"value": value, **where}
        # Not through RuleBroken: its sentence is made here, and only when somebody reads it.
        Exception.__init__(self, code)

    @property
    def message(self):
        return str(MESSAGES[f"{self.code}.{self.reason}" if self.reason else self.code]) % self.where

    def __str__(self):
        # Without Django there are no translations, and the calculations work without it.
        return self.message if settings.configured else f"{self.code} {self.where}"
