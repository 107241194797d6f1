"""Calendars on the page: drawn, changed by a form whose effect is shown before anything is stored."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from municipalities.governance.models import Proposal
from tests.factories import make_agent
from tests.municipalities.governance.world import Together
from tickets.sla.administration import hours_text
from tickets.sla.administration.twelve_months import twelve_months
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.errors import MESSAGES, SlaError
from tickets.sla.models import Calendar, CalendarVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def together():
    return Together()


@pytest.fixture
def amir(client, together):
    client.force_login(together.amir)
    return together.amir


def a_form(**fields):
    rows = fields.pop("rows", [])
    data = {
        "valid_from": (timezone.localdate() + timedelta(days=14)).isoformat(), "reason": "Ny åbningstid.",
        "mon": "08:00-12:00, 12:30-16:00", "tue": "8-16", "wed": "8.00–16.00", "thu": "08:00-16:00",
        "fri": "8:00 - 14:30", "sat": "", "sun": "lukket",
        "days-TOTAL_FORMS": str(len(rows)), "days-INITIAL_FORMS": "0",
    }  # fmt: skip
    for number, (day, hours) in enumerate(rows):
        data |= {f"days-{number}-day": day, f"days-{number}-hours": hours}
    return data | fields


ADDRESS = ("tickets:calendar_version", ["desk"])


def post(client, data):
    return client.post(reverse(ADDRESS[0], args=ADDRESS[1]), data)


@pytest.mark.parametrize("named", MESSAGES)
def test_whatever_the_law_refuses_of_the_whole_has_a_field_to_stand_beside(client, together, amir, named):
    code, _dot, reason = named.partition(".")
    form = post(client, a_form(preview="1")).context["form"]
    form.refuse(SlaError(code, reason=reason, value="x"))
    assert (len(form.errors), form.non_field_errors()) == (1, [])


def test_first_the_effect_then_the_proposal(client, together, amir):
    christmas = date(timezone.localdate().year + 1, 12, 24)
    data = a_form(rows=[(christmas.isoformat(), ""), ((christmas + timedelta(days=5)).isoformat(), "10-14")])

    shown = post(client, data | {"preview": "1"})

    assert (shown.status_code, Proposal.objects.count(), len(shown.context["effect"])) == (200, 0, 3)
    sent = post(client, data | {"propose": "1"})
    proposal = Proposal.objects.get()
    assert (sent.status_code, sent.url) == (302, proposal.get_absolute_url())
    assert proposal.change["weekly"] == {
        "mon": [["08:00", "12:00"], ["12:30", "16:00"]], "tue": [["08:00", "16:00"]], "wed": [["08:00", "16:00"]],
        "thu": [["08:00", "16:00"]], "fri": [["08:00", "14:30"]],
    }  # fmt: skip
    assert proposal.change["exceptions"] == {
        christmas.isoformat(): [], (christmas + timedelta(days=5)).isoformat(): [["10:00", "14:00"]],
    }  # fmt: skip
    assert client.get(proposal.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tue": "16-8"}, "tue"),
        ({"wed": "8-12, 11-16"}, "wed"),
        ({"thu": "om morgenen"}, "thu"),
        ({"fri": "8-25"}, "fri"),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "mon"),  # NO_OPENING
        ({"valid_from": "2020-01-01"}, "valid_from"),
        ({"valid_from": "i morgen"}, "valid_from"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_is_stored(client, together, amir, fields, field):
    page = post(client, a_form(propose="1", **fields))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"].errors[field][0] in page.content.decode()
    assert not Proposal.objects.exists()


def test_a_closing_day_with_wrong_hours_is_said_in_its_row(client, together, amir):
    page = post(client, a_form(propose="1", rows=[("2027-05-07", "12-8")]))
    assert page.status_code == 422
    assert list(page.context["form"].days.errors[0]) == ["hours"]


def test_a_second_version_of_one_day_is_said_beside_the_day(client, together, amir):
    day = timezone.localdate() + timedelta(days=14)
    CalendarVersion.objects.create(calendar=together.calendar, valid_from=day, weekly={"mon": [["08:00", "16:00"]]})
    page = post(client, a_form(propose="1"))
    assert list(page.context["form"].errors) == ["valid_from"]  # OVERLAP


def test_the_rule_proposes_the_holidays_and_the_base_keeps_its_own(client, together, amir):
    page = client.get(reverse(ADDRESS[0], args=ADDRESS[1]))
    form = page.context["form"]
    new_year = date(timezone.localdate().year + 1, 1, 1).isoformat()
    assert new_year in form["holidays"].value()  # the base names no holiday of that year
    assert (form["mon"].value(), form["sat"].value()) == ("08:00–16:00", "")


def test_a_municipality_decides_alone_on_its_own_closing_days(client, together, amir):
    data = {
        "name": "Egedals lukkedage", "code": "egedal-lukket", "for_municipality": together.egedal.pk,
        "timezone": "Europe/Copenhagen",
    }  # fmt: skip
    nowhere = client.post(reverse("tickets:calendar_new"), data | {"timezone": "Mars/Crater"})
    assert list(nowhere.context["form"].errors) == ["timezone"]  # BAD_ZONE
    made = client.post(reverse("tickets:calendar_new"), data)
    assert made.url == reverse("tickets:calendar_version", args=["egedal-lukket"])
    sent = client.post(made.url, a_form(propose="1"))
    assert sent.status_code == 302
    proposal = Proposal.objects.get()
    assert [concern.municipality for concern in proposal.concerns.all()] == [together.egedal]
    taken = client.post(reverse("tickets:calendar_new"), data)
    assert list(taken.context["form"].errors) == ["code"]


def test_who_may_not_propose_reads_only(client, together):
    reader = together.directors[together.egedal.pk]
    lead_of_one = make_agent(together.egedal, role="lead")
    for person in (reader, lead_of_one):
        client.force_login(person)
        page = client.get(reverse("tickets:calendar", args=["desk"]))
        assert (page.status_code, page.context["may_propose"]) == (200, False)
        assert client.get(reverse(ADDRESS[0], args=ADDRESS[1])).status_code == 404
        assert post(client, a_form(propose="1")).status_code == 404
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(("name", "args"), [("calendars", []), ("calendar", ["desk"]), ("calendar_version", ["desk"])])
def test_the_pages_stay_within_their_queries(client, amir, name, args, asked):
    for number in range(5):
        Calendar.objects.create(code=f"k{number}", name=f"Kalender {number}")
    with asked(at_most=12):
        assert client.get(reverse(f"tickets:{name}", args=args)).status_code == 200


def test_twelve_months_say_what_each_day_is():
    plain = {"versions": [{
        "valid_from": "2026-01-01", "weekly": {"mon": [["08:00", "16:00"]], "tue": [["08:00", "16:00"]]},
        "holidays": ["2026-12-25"], "exceptions": {"2026-12-31": [], "2026-12-28": [["10:00", "12:00"]]},
    }]}  # fmt: skip
    months = twelve_months(Hours.parse(plain), start=date(2026, 12, 9), language="da")
    assert (len(months), months[0].first, months[-1].first) == (12, date(2026, 12, 1), date(2027, 11, 1))
    december = {day.on.day: day for week in months[0].weeks for day in week if day}
    assert len(december) == 31
    kinds = {day: december[day].kind for day in (1, 2, 7, 25, 28, 31)}
    assert kinds == {1: "open", 2: "closed", 7: "open", 25: "holiday", 28: "exception", 31: "exception"}
    assert (december[25].name, december[25].hours) == ("Juledag", ())
    assert hours_text.of_seconds(december[28].hours) == "10:00–12:00"
