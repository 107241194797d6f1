"""The golden types of the clocks, each answered by the function that the product uses."""

from datetime import datetime

from tickets.sla import attainment, equality
from tickets.sla.agreement import Agreement, check_target
from tickets.sla.calendar import Calendar
from tickets.sla.clock import replay
from tickets.sla.danish_holidays import public_holidays
from tickets.sla.errors import SlaError
from tickets.sla.events import read_events
from tickets.sla.instants import to_seconds, to_text
from tickets.sla.priority import DEFAULT_MATRIX, priority
from tickets.sla.time_ratio import time_ratio

IN_FULL = "the agreement of this case"


def with_shared(given, document):
    own = given.get("calendars")
    return {
        **given,
        "calendars": document.get("calendars", {}) | (own if isinstance(own, dict) else {}),
        "shared_policies": document.get("policies", {}),
    }


def business_time(given):
    return {"seconds": _calendar(given).business(given.get("from"), given.get("to"))}


def due(given):
    target = check_target(given.get("target_minutes"))
    return {"due_at": _plain(_calendar(given).due(given.get("start"), target * 60))}


def holidays(given):
    return {"dates": [day.isoformat() for day in public_holidays(given.get("year"))]}


def priority_of(given):
    matrix = given.get("matrix")
    matrix = DEFAULT_MATRIX if matrix is None else matrix
    return {"priority": priority(given.get("impact"), given.get("urgency"), matrix=matrix)}


def clock(given):
    default, policies = _policies(given)
    events = read_events(_with_policy(given.get("events"), default))
    named = {event.data["agreement"] for event in events if event.kind == "created"}
    named |= {event.data["to"] for event in events if event.kind == "policy"}
    used = {code: policies[code] for code in named if code in policies}
    calendars = _Calendars(given["calendars"])
    agreements = {code: Agreement.parse(data, calendars=calendars, code=code) for code, data in used.items()}
    for agreement in agreements.values():
        calendars.read(agreement.calendars())
    result = replay(events, agreements=agreements, calendars=calendars, now=given.get("now"))
    return _plain(result.as_dict())


def attainment_of(given):
    report = attainment.attainment(given.get("month"), given.get("timers"))
    return {"municipalities": {code: figures.as_dict() for code, figures in report.items()}}


def wilson(given):
    low, high = attainment.wilson(given.get("met"), given.get("n"))
    return {"rate": given["met"] / given["n"] if given["n"] else None, "low": low, "high": high}


def cmh(given):
    return equality.cmh(given.get("strata"), given.get("municipality"))._asdict()


def gcmh(given):
    return equality.gcmh(given.get("strata"))._asdict()


def mh_rd(given):
    return equality.mh_rd(given.get("strata"), given.get("municipality"))._asdict()


def holm(given):
    return {"p_adjusted": equality.holm(given.get("p"))}


def standardised(given):
    return equality.standardised(given.get("strata")).as_dict()


def verdict(given):
    margin = given.get("margin")
    margin = equality.DEFAULT_MARGIN if margin is None else margin
    return equality.verdict(given.get("strata"), margin=margin).as_dict()


def time_ratio_of(given):
    return {"ratio": time_ratio(given.get("strata"), given.get("municipality"))}


RUNNERS = {
    "business_time": business_time,
    "due": due,
    "holidays": holidays,
    "priority": priority_of,
    "clock": clock,
    "attainment": attainment_of,
    "wilson": wilson,
    "cmh": cmh,
    "gcmh": gcmh,
    "mh_rd": mh_rd,
    "holm": holm,
    "standardised": standardised,
    "verdict": verdict,
    "time_ratio": time_ratio_of,
}


class _Calendars(dict):
    """The calendars of a file, read when first asked for: a case is refused only for those that its agreements name."""

    def __init__(self, plain):
        super().__init__()
        self.plain = plain

    def __contains__(self, code):
        return code in self.plain

    def get(self, code, default=None):
        if code not in self.plain:
            return default
        if not super().__contains__(code):
            self[code] = Calendar.parse(self.plain[code], code=code)
        return self[code]

    def read(self, codes):
        for code in codes:
            self.get(code)


def _calendar(given):
    code = given.get("calendar")
    calendar = _Calendars(given["calendars"]).get(code) if isinstance(code, str) else None
    if calendar is None:
        raise SlaError("UNKNOWN_CALENDAR", value=code)
    return calendar


def _policies(given):
    """The name of the agreement that a created event has when it names none, and all agreements by name."""
    policies = dict(given["shared_policies"])
    several = given.get("policies")
    if isinstance(several, dict):
        policies |= {name: policies.get(value) if isinstance(value, str) else value for name, value in several.items()}
    policy = given.get("policy")
    if isinstance(policy, dict):
        return IN_FULL, policies | {IN_FULL: policy}
    return policy, policies


def _with_policy(rows, default):
    """The file names the agreement once, the product in every creation."""
    if not isinstance(rows, list):
        return rows
    return [{**row, "policy": row.get("policy") or default} if _is_creation(row) else row for row in rows]


def _is_creation(row):
    return isinstance(row, dict) and row.get("type") == "created"


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return to_text(to_seconds(value)) if isinstance(value, datetime) else value
