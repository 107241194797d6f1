"""Retold incidents become tickets, with their events and with clocks from the product's own replay."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.utils.text import slugify

from municipalities.models import Municipality, Person, Site
from municipalities.sample.people import NO_PASSWORD
from municipalities.sample.rows import draw, draw_ids, write
from tickets.models import Category, Clock, ClockEffect, Event, Queue, Ticket, Vendor
from tickets.servicenow.export import BadExport, Problem, Row, read_export
from tickets.servicenow.mapping import BadMapping, Mapping
from tickets.servicenow.retelling import Incident, Step, in_order, retell
from tickets.sla.keeping import clock_rows, next_due, past_effects, reading_of
from tickets.sla.terms import rulebook

SOURCE = "servicenow"
DOMAIN = "servicenow.example"
BATCH = 500

__all__ = ["BadExport", "BadMapping", "Outcome", "import_export"]


@dataclass
class Outcome:
    """Every row read is used, known from an earlier run, or reported."""

    read: int = 0
    used: int = 0
    known: int = 0
    tickets: int = 0
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        return self.read == self.used + self.known + len(self.problems)


def import_export(
    lines: Iterable[str], mapping: Mapping, *, now: datetime, progress: Callable[[int], object] = lambda rows: None
) -> Outcome:
    """Write what is new, in the running scope and transaction. Raises BadExport, BadMapping, with nothing written."""
    desk = Desk(mapping)
    outcome = Outcome()
    by_number = _group(lines, mapping, outcome)
    known = set(Ticket.objects.filter(source=SOURCE).values_list("external_id", flat=True))
    incidents = _retold(by_number, known, mapping, outcome)
    while batch := list(islice(incidents, BATCH)):
        _write(batch, desk, outcome, now=now)
        progress(sum(len(incident.rows) for incident in batch))
    outcome.problems.sort()
    return outcome


def _group(lines, mapping, outcome) -> dict[str, list[Row]]:
    by_number: dict[str, list[Row]] = defaultdict(list)
    for row in read_export(lines, mapping):
        outcome.read += 1
        if isinstance(row, Problem):
            outcome.problems.append(row)
        else:
            by_number[row.number].append(row)
    return by_number


def _retold(by_number, known, mapping, outcome):
    for number, rows in by_number.items():
        if number in known:
            outcome.known += len(rows)
            continue
        kept, problems = in_order(rows)
        outcome.problems += problems
        incident = retell(kept, mapping)
        outcome.remarks += [f"line {line} {number}: {remark}" for remark, line in incident.remarks.items()]
        yield incident


class Desk:
    """What the mapping names, found here; people and sites are made when first met."""

    def __init__(self, mapping: Mapping):
        self.mapping = mapping
        self.operator = Municipality.objects.operator()
        self.places = self._named(
            Municipality, "municipality", {place.municipality for place in mapping.locations.values()}
        )
        self.queues = self._named(Queue, "queue", set(mapping.groups.values()))
        self.categories = self._named(Category, "category", set(mapping.categories.values()))
        self.vendors = self._named(Vendor, "vendor", set()) if mapping.defaults.get("vendor") else {}
        self.people: dict[tuple[int, str], Person] = {
            (person.municipality_id, person.email): person
            for person in Person.objects.filter(email__endswith=f"@{DOMAIN}")
        }
        self.sites = {(site.municipality_id, site.name): site for site in Site.objects.all()}

    def _named(self, model, what, codes):
        codes |= {self.mapping.defaults[what]}
        found = {row.code: row for row in model.objects.filter(code__in=codes)}
        if len(found) < len(codes):
            raise BadMapping(f"There is no {what} with the code {', '.join(sorted(codes - found.keys()))}.")
        return found

    def person(self, municipality: Municipality, told: str, role: str) -> Person:
        """Somebody of whom the export tells only an id: "Caller 2403" becomes "Rekvirent 2403"; cannot sign in."""
        email = f"{slugify(told) or f'unknown-{role}'}@{DOMAIN}"
        key = (municipality.pk, email)
        if key not in self.people:
            number = told.rpartition(" ")[2] if told else "(?)"
            name = f"{self.mapping.names.get(role, role.capitalize())} {number}"
            self.people[key] = Person.objects.create(
                municipality=municipality, email=email, name=name, is_active=False, password=NO_PASSWORD
            )
        return self.people[key]

    def site(self, municipality: Municipality, location: str) -> Site | None:
        name = self.mapping.place(location).site
        if not name or self.mapping.place(location).municipality != municipality.code:
            return None
        key = (municipality.pk, name)
        if key not in self.sites:
            self.sites[key] = Site.objects.create(municipality=municipality, name=name, kind=Site.Kind.OTHER)
        return self.sites[key]


def _write(incidents: list[Incident], desk: Desk, outcome: Outcome, *, now: datetime) -> None:
    """One batch. What no agreement covers is reported instead of being judged by a promise nobody made."""
    rules = rulebook()
    tickets: list[Ticket] = []
    events: list[Event] = []
    clocks: list[Clock] = []
    effects: list[ClockEffect] = []
    for incident in incidents:
        ticket = _ticket(incident, desk)
        try:
            version = rules.in_force(
                service_id=ticket.service_id, municipality_id=ticket.municipality_id, at=ticket.received_at
            )
        except LookupError:
            reason = f"no agreement is in force on {ticket.received_at:%d-%m-%Y}"
            outcome.problems += [Problem(row.line, row.number, reason) for row in incident.rows]
            continue
        told = [_event(step, ticket, desk, agreement=version.code) for step in incident.steps]
        result = reading_of(told, now=max(now, told[-1].at), rules=rules)
        ticket.next_due_at = next_due(result.clocks)
        tickets.append(ticket)
        events += told
        clocks += clock_rows(ticket, result)
        effects += past_effects(ticket, result, found_at=now)
        outcome.used += len(incident.rows)
        outcome.tickets += 1
    _insert(tickets, events, clocks, effects)


def _insert(tickets, events, clocks, effects):
    ids, numbers = draw_ids(Ticket, len(tickets)), draw("ticket_number", len(tickets))
    for ticket, pk, number in zip(tickets, ids, numbers, strict=True):
        ticket.pk, ticket.number = pk, number
    write(Ticket, tickets)
    for model, rows in ((Event, events), (Clock, clocks), (ClockEffect, effects)):
        for row in rows:
            row.ticket_id = row.ticket.pk
        write(model, rows)


def _ticket(incident: Incident, desk: Desk) -> Ticket:
    first, last = incident.rows[0], incident.rows[-1]
    municipality = desk.places[incident.municipality]
    category = desk.categories[desk.mapping.category(last["category"])]
    location = next((row["location"] for row in reversed(incident.rows) if row["location"]), "")
    defaults = desk.mapping.defaults
    return Ticket(
        municipality=municipality, requester=desk.person(municipality, first["caller_id"], "caller"),
        site=desk.site(municipality, location), subject=_subject(last), description=_description(last),
        category=category, service=category.service, queue=desk.queues[incident.queue],
        assignee=desk.person(desk.operator, incident.assignee, "agent") if incident.assignee else None,
        impact=last.impact or defaults["impact"], urgency=last.urgency or defaults["urgency"],
        priority=incident.priority, status=incident.status, channel=desk.mapping.channel(first["contact_type"]),
        vendor=desk.vendors.get(incident.vendor), source=SOURCE, external_id=first.number,
        cancel_reason=Ticket.CancelReason.WITHDRAWN if incident.status == "cancelled" else "",
        solution=last["closed_code"] if incident.resolved_at else "", received_at=first.opened_at,
        first_resolved_at=incident.first_resolved_at, resolved_at=incident.resolved_at, closed_at=incident.closed_at,
        reopened_count=incident.reopened_count, changed_at=incident.steps[-1].at,
    )  # fmt: skip


def _subject(row: Row) -> str:
    return " · ".join(text for text in (row["category"], row["subcategory"], row["u_symptom"]) if text) or row.number


def _description(row: Row) -> str:
    """What else the export tells and this desk has no field for."""
    names = ("u_symptom", "cmdb_ci", "problem_id", "rfc", "caused_by", "vendor", "closed_code")
    told = [f"{name}: {row[name]}" for name in names if row[name]]
    return "\n".join([f"ServiceNow {row.number}", *told])


def _event(step: Step, ticket: Ticket, desk: Desk, *, agreement: str) -> Event:
    data = dict(step.data)
    channel = data.pop("channel", "")
    if step.kind == "created":
        data["agreement"] = agreement
    if step.kind == "assigned":
        agent = desk.person(desk.operator, data["to"], "agent")
        before = desk.person(desk.operator, data["old"], "agent").pk if data["old"] else None
        data = {"old": before, "to": agent.pk, "name": agent.name}
    actor = desk.person(desk.operator, step.by, "agent") if step.by else None
    return Event(
        municipality_id=ticket.municipality_id, ticket=ticket, kind=step.kind, at=step.at, actor=actor,
        channel=channel, data=data,
    )  # fmt: skip
