"""The tickets behind a figure: of the reader's own municipalities only, and without any text of theirs."""

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.fields import DateTimeField
from django.db.models.functions import Coalesce

from municipalities.models import Person
from tickets.levels.calendar_months import begins, next_month
from tickets.levels.reading import Wanted
from tickets.sla.models import Clock
from tickets.sla.states import BREACHED, EXCLUDED, MET, PAUSED, RUNNING

RESULTS = {
    "opfyldt": (MET,), "brudt": (BREACHED,), "uafgjort": (RUNNING, PAUSED), "ikke-talt": EXCLUDED,
}  # fmt: skip
# As tickets.levels.measuring counts it.
_DECIDED_AT = Case(
    When(state=MET, then=F("stopped_at")),
    When(state=BREACHED, then=F("breached_at")),
    When(state__in=(RUNNING, PAUSED), then=Value(None, output_field=DateTimeField())),
    default=Coalesce("breached_at", "stopped_at"),
)


def clocks_behind(wanted: Wanted, *, reader: Person, result: str = "", subject: str = "") -> QuerySet[Clock]:
    """The clocks that a figure counts, latest first, with their tickets; only those the reader may see listed."""
    begin, end = begins(wanted.month), begins(next_month(wanted.month))
    clocks = Clock.objects.granted(reader, "read_totals").filter(kind=wanted.kind)
    clocks = clocks.annotate(decided_at=_DECIDED_AT).filter(
        Q(decided_at__gte=begin, decided_at__lt=end) | Q(decided_at=None, started_at__lt=end)
    )
    choices = {
        "municipality": wanted.municipality, "ticket__service": wanted.service, "ticket__priority": wanted.priority,
        "state__in": RESULTS.get(result), "subject": subject or None,
    }  # fmt: skip
    clocks = clocks.filter(**{name: value for name, value in choices.items() if value is not None})
    clocks = clocks.select_related("ticket", "ticket__category", "ticket__service", "ticket__queue", "municipality")
    return clocks.order_by(F("decided_at").desc(nulls_first=True), "pk")
