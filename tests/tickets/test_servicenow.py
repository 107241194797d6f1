"""The import of a ServiceNow audit export: what it reads, what it tells again, and what it refuses."""

import csv
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from municipalities.models import Municipality, Person
from tests.factories import make_agreement, make_category, make_municipality, make_operator, make_queue, see
from tickets.models import Event, Occasion, Ticket, Vendor
from tickets.servicenow.export import COLUMNS, BadExport, Problem, read_export
from tickets.servicenow.mapping import BadMapping, read_mapping
from tickets.servicenow.retelling import in_order, retell
from tickets.sla.rebuilding import differences
from tickets.sla.terms import rulebook
from tickets.status import Status

DATA = Path(__file__).parent.parent / "data"
MAPPING = """
[defaults]
municipality = "{municipality}"
queue = "first-line"
category = "print"
channel = "mail"
impact = 3
urgency = 2
vendor = "kmd"
[states]
"New" = "new"
"Active" = "open"
"Awaiting User Info" = "waiting_requester"
"Awaiting Vendor" = "waiting_vendor"
"Resolved" = "resolved"
"Closed" = "closed"
[groups]
"Group 2" = "net"
[locations."Location 9"]
municipality = "{other}"
"""
PLAIN = read_mapping(MAPPING.format(municipality="101", other="102"))
FIRST = {
    "number": "INC1", "incident_state": "New", "sys_mod_count": "0", "opened_at": "02-03-2016 09:00",
    "sys_updated_at": "02-03-2016 09:00", "sys_updated_by": "Updated by 5", "caller_id": "Caller 7",
    "impact": "2 - Medium", "urgency": "2 - Medium", "priority": "3 - Moderate", "assignment_group": "Group 1",
}  # fmt: skip


def update(count, when, state="New", **cells):
    return FIRST | {"sys_mod_count": str(count), "sys_updated_at": when, "incident_state": state} | cells


def written(*updates):
    """The export as a file: unknown cells are ?."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([cells.get(name, "?") for name in COLUMNS] for cells in updates)
    return out.getvalue()


def read(*updates, mapping=PLAIN):
    return list(read_export(written(*updates).splitlines(), mapping))


def story(*updates):
    """Kind, instant and, where it says so, the new value of each event."""
    rows, problems = in_order(read(*updates))
    assert problems == []
    return [(step.kind, f"{step.at:%d %H:%M}", step.data.get("to")) for step in retell(rows, PLAIN).steps]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_local_times_become_instants_in_winter_and_summer():
    winter, summer = read(update(0, "02-03-2016 09:00"), update(1, "01/07/2016 09:00"))
    assert (winter.updated_at, summer.updated_at) == (utc(2016, 3, 2, 8), utc(2016, 7, 1, 7))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"incident_state": "-100"}, "unknown state -100"),
        ({"sys_updated_at": "2016-03-02 09:00"}, "sys_updated_at 2016-03-02 09:00 is no time"),
        ({"sys_updated_at": "?"}, "sys_updated_at ? is no time"),
        ({"sys_updated_at": "27-03-2016 02:30"}, "sys_updated_at 27-03-2016 02:30 does not exist: summer time began"),
        ({"sys_updated_at": "02-03-2016 08:59"}, "updated 02-03-2016 08:59, before it was opened 02-03-2016 09:00"),
        ({"resolved_at": "01-03-2016 10:00"}, "resolved 01-03-2016 10:00, before it was opened 02-03-2016 09:00"),
        (
            {"resolved_at": "03-03-2016 10:00", "closed_at": "03-03-2016 09:00"},
            "closed 03-03-2016 09:00, before it was resolved or opened",
        ),
        ({"sys_mod_count": "many"}, "sys_mod_count many is no number"),
        ({"priority": "9 - None"}, "unknown priority 9 - None"),
        ({"number": "?"}, "no number"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_reason(cells, reason):
    assert read(FIRST, FIRST | cells)[1] == Problem(3, (FIRST | cells)["number"], reason)


def test_a_row_with_a_column_too_many_is_told():
    text = written(FIRST).rstrip() + ",more\n"
    assert list(read_export(text.splitlines(), PLAIN)) == [Problem(2, "INC1", "37 columns instead of 36")]


def test_another_file_is_refused():
    with pytest.raises(BadExport, match="lacks the columns number, incident_state"):
        list(read_export(["a,b", "1,2"], PLAIN))


def test_updates_out_of_order_in_the_file_are_put_in_order():
    late, early = read(update(2, "02-03-2016 11:00", "Active"), update(1, "02-03-2016 10:00"))
    assert in_order([late, early]) == ([early, late], [])


def test_an_update_that_fits_nowhere_is_set_aside_and_the_others_stay():
    rows = read(
        update(1, "02-03-2016 11:10"), update(1, "02-03-2016 09:52"), update(2, "02-03-2016 11:03", "Resolved"),
        update(3, "05-03-2016 12:00", "Closed"), update(4, "02-03-2016 12:00", "Closed"),
    )  # fmt: skip
    kept, problems = in_order(rows)
    assert [row.line for row in kept] == [3, 4, 5]
    assert problems == [
        Problem(2, "INC1", "update 1 is also told by line 3, with other content"),
        Problem(6, "INC1", "update 4 at 02-03-2016 12:00 does not fit between the updates around it"),
    ]


def test_a_row_told_twice_counts_once():
    kept, problems = in_order(read(FIRST, FIRST))
    assert [row.line for row in kept] == [2]
    assert problems == [Problem(3, "INC1", "the same as line 2")]


def test_a_row_that_was_opened_at_another_time_is_set_aside():
    rows = read(FIRST, update(1, "02-03-2016 10:00"), update(2, "02-03-2016 10:00", opened_at="02-03-2016 09:30"))
    kept, problems = in_order(rows)
    assert [row.line for row in kept] == [2, 3]
    assert problems == [Problem(4, "INC1", "opened 02-03-2016 09:30, but its other rows tell another time")]


def test_the_events_of_a_whole_life():
    assert story(
        FIRST,
        update(1, "02-03-2016 10:00", "Active", assigned_to="Resolver 3"),
        update(2, "02-03-2016 11:00", "Awaiting User Info", assigned_to="Resolver 3"),
        update(3, "02-03-2016 12:00", "Active", assignment_group="Group 2", priority="2 - High"),
        update(4, "02-03-2016 13:00", "Awaiting Vendor", assignment_group="Group 2", priority="2 - High"),
        update(5, "02-03-2016 14:00", "Resolved", assignment_group="Group 2", priority="2 - High"),
        update(6, "03-03-2016 09:00", "Active", assignment_group="Group 2", priority="2 - High"),
        update(7, "03-03-2016 10:00", "Closed", assignment_group="Group 2", priority="2 - High"),
    ) == [
        ("created", "02 08:00", None),
        ("assigned", "02 09:00", "Resolver 3"), ("state", "02 09:00", "open"),
        ("state", "02 10:00", "waiting_requester"),
        ("queue", "02 11:00", "net"), ("priority", "02 11:00", 2), ("state", "02 11:00", "open"),
        ("state", "02 12:00", "waiting_vendor"), ("vendor_handover", "02 12:00", None),
        ("resolved", "02 13:00", None),
        ("reopened", "03 08:00", None),
        ("resolved", "03 09:00", None), ("closed", "03 09:00", None),
    ]  # fmt: skip


def test_nothing_becomes_new_again():
    assert story(FIRST, update(1, "02-03-2016 10:00", "Awaiting User Info"), update(2, "02-03-2016 11:00", "New")) == [
        ("created", "02 08:00", None), ("state", "02 09:00", "waiting_requester"), ("state", "02 10:00", "open"),
    ]  # fmt: skip


def test_the_first_known_location_tells_the_municipality():
    rows, _ = in_order(
        read(
            FIRST,
            update(1, "02-03-2016 10:00", location="Location 9"),
            update(2, "02-03-2016 11:00", location="Location 1"),
        )
    )
    incident = retell(rows, PLAIN)
    assert incident.municipality == "102"
    assert incident.remarks == {"Location 1 lies in another municipality; the first one counts": 4}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('queue = "first-line"', "", "lacks queue"),
        ('"New" = "new"', '"New" = "merged"', "merged is not one of"),
        ('channel = "mail"', 'channel = "pigeon"', "pigeon is not one of"),
        ("[defaults]", "[defaults", "is no TOML"),
        ('municipality = "102"', 'site = "x"', "lacks municipality"),
    ],
)
def test_a_bad_mapping_is_refused(old, new, reason):
    text = MAPPING.format(municipality="101", other="102")
    with pytest.raises(BadMapping, match=reason):
        read_mapping(text.replace(old, new))


def make_desk():
    """What the plain mapping names."""
    make_operator()
    make_queue("net")
    make_category()
    make_agreement()
    Vendor.objects.create(code="kmd", name="KMD")
    return make_municipality("Nordby"), make_municipality("Sydby")


def run(tmp_path, text, *, municipality, other):
    (tmp_path / "export.csv").write_text(text)
    (tmp_path / "mapping.toml").write_text(MAPPING.format(municipality=municipality, other=other))
    out = StringIO()
    call_command("import_servicenow", tmp_path / "export.csv", mapping=tmp_path / "mapping.toml", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.django_db
def test_an_incident_becomes_a_ticket_with_people_events_and_clocks(tmp_path):
    nordby, sydby = make_desk()
    text = written(
        FIRST,
        update(1, "02-03-2016 10:00", "Active", assigned_to="Resolver 3", assignment_group="Group 2"),
        update(2, "02-03-2016 14:00", "Resolved", assigned_to="Resolver 3", assignment_group="Group 2"),
        update(3, "09-03-2016 14:00", "Closed", assigned_to="Resolver 3", assignment_group="Group 2"),
    )
    lines = run(tmp_path, text, municipality=nordby.code, other=sydby.code)
    assert lines == ["1 tickets imported.", "4 rows read = 4 used + 0 reported."]
    ticket = Ticket.objects.get()
    assert (ticket.municipality, ticket.external_id, ticket.status, ticket.queue.code) == (
        nordby,
        "INC1",
        "closed",
        "net",
    )
    assert (ticket.requester.name, ticket.requester.municipality, ticket.requester.is_active) == (
        "Caller 7",
        nordby,
        False,
    )
    assert (ticket.assignee.name, ticket.assignee.municipality) == ("Agent 3", make_operator())
    assert (ticket.received_at, ticket.resolved_at) == (utc(2016, 3, 2, 8), utc(2016, 3, 2, 13))
    assert (ticket.first_resolved_at, ticket.closed_at) == (utc(2016, 3, 2, 13), utc(2016, 3, 9, 13))
    clock = ticket.clocks.get(kind="resolution")
    assert (clock.elapsed_s, clock.state, clock.breached_at) == (5 * 3600, "breached", utc(2016, 3, 2, 12))
    assert list(ticket.clock_effects.filter(kind="resolution").values_list("percent", "at").order_by("percent")) == [
        (50, utc(2016, 3, 2, 10)), (75, utc(2016, 3, 2, 11)), (90, utc(2016, 3, 2, 11, 36)), (100, utc(2016, 3, 2, 12)),
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_is_older_than_any_agreement_is_reported(tmp_path):
    nordby, sydby = make_desk()
    old = {"opened_at": "02-03-2011 09:00", "sys_updated_at": "02-03-2011 09:00"}
    lines = run(tmp_path, written(FIRST | old), municipality=nordby.code, other=sydby.code)
    assert lines == [
        "line 2 INC1: no agreement is in force on 02-03-2011",
        "0 tickets imported.",
        "1 rows read = 0 used + 1 reported.",
    ]
    assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_a_mapping_to_what_is_not_there_imports_nothing(tmp_path):
    nordby, _ = make_desk()
    with pytest.raises(CommandError, match="There is no municipality with the code 999"):
        run(tmp_path, written(FIRST), municipality=nordby.code, other="999")
    assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_the_excerpt_of_the_real_export_adds_up_and_comes_in_once():
    call_command("sample_data", tickets=1, employees=9, until="2026-11-25T12:00:00+01:00", verbosity=0)
    see(*Municipality.objects.all())
    arguments = {"mapping": DATA / "servicenow_mapping.toml"}
    first, second = StringIO(), StringIO()
    call_command("import_servicenow", DATA / "servicenow_excerpt.csv", **arguments, stdout=first)
    people = Person.objects.count()
    call_command("import_servicenow", DATA / "servicenow_excerpt.csv", **arguments, stdout=second)
    assert first.getvalue().splitlines() == [
        "line 120 INC0000130: updated 29-02-2016 07:27, before it was opened 29-02-2016 09:41",
        "line 126 INC0000131: updated 29-02-2016 07:14, before it was opened 29-02-2016 09:41",
        "line 130 INC0000134: updated 29-02-2016 07:55, before it was opened 29-02-2016 09:44",
        "line 135 INC0000137: update 1 is also told by line 136, with other content",
        "line 56 INC0000086: Location 98 lies in another municipality; the first one counts (the row was used)",
        "32 tickets imported.",
        "203 rows read = 199 used + 4 reported.",
    ]
    assert second.getvalue().splitlines()[-2:] == [
        "0 tickets imported.",
        "203 rows read = 0 used + 200 of tickets imported before + 3 reported.",
    ]
    assert Person.objects.count() == people
    imported = Ticket.objects.filter(source="servicenow")
    assert not Occasion.objects.exists()  # clocks long past notify nobody
    assert set(imported.values_list("municipality__code", flat=True)) == {"151", "190", "240"}
    assert imported.filter(reopened_count=1).count() == 2
    assert not imported.exclude(status=Status.CLOSED).exists()
    now = datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert [found for ticket in imported for found in differences(ticket, now=now, rules=rulebook())] == []
    assert Event.objects.filter(ticket__in=imported, kind="created").count() == imported.count()
