"""Which agreement counts for a ticket, and all calendars and agreements in the form the clocks read.

Read from the database when a version was added since last time, else kept in the process.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tickets.sla.agreement import Agreement as Terms
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.models import Agreement, AgreementVersion, Calendar


@dataclass(frozen=True)
class Rulebook:
    calendars: dict[str, Hours]
    agreements: dict[str, Terms]
    versions: tuple[AgreementVersion, ...]

    def in_force(self, *, service_id: int | None, municipality_id: int, at: datetime) -> AgreementVersion:
        """First match of (service, municipality), (service), (municipality), default; its version in force at `at`.

        Raises LookupError when the desk has no agreement at all.
        """
        for wanted in ((service_id, municipality_id), (service_id, None), (None, municipality_id), (None, None)):
            found = [v for v in self.versions if _scope(v.agreement) == wanted and v.valid_from <= at]
            if found:
                return found[-1]
        raise LookupError("No agreement is in force. Make a default agreement first.")


def _scope(agreement: Agreement) -> tuple[int | None, int | None]:
    return agreement.service_id, agreement.for_municipality_id


_kept: tuple[tuple, Rulebook] | None = None


def rulebook() -> Rulebook:
    """All calendars and agreements. Versions are only ever added, so their newest ids tell whether to read again."""
    global _kept
    newest = _newest()
    if _kept is None or _kept[0] != newest:
        _kept = (newest, _read())
    return _kept[1]


def _newest() -> tuple[int | None, int | None]:
    """One query: this is asked at every request that shows a clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM tickets_calendarversion), (SELECT max(id) FROM tickets_agreementversion)"
        )
        return cursor.fetchone()


def _read() -> Rulebook:
    calendars = {
        calendar.code: Hours.parse(calendar.as_dict(), code=calendar.code)
        for calendar in Calendar.objects.prefetch_related("versions")
    }
    versions = tuple(AgreementVersion.objects.select_related("agreement").order_by("valid_from", "pk"))
    agreements = {v.code: Terms.parse(v.terms, calendars=calendars, code=v.code) for v in versions}
    return Rulebook(calendars, agreements, versions)
