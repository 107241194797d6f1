"""Agreements on the page: read by those who take part, changed by a form whose effect comes first."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from municipalities.governance.models import Proposal
from tests.factories import make_agent, make_queue
from tests.municipalities.governance.world import Together
from tickets.models import Service, Vendor
from tickets.sla.administration.agreement_forms import AgreementVersionForm
from tickets.sla.administration.agreement_words import read_target, write_target
from tickets.sla.errors import MESSAGES, SlaError
from tickets.sla.models import Agreement, Calendar

pytestmark = pytest.mark.django_db
NEW = reverse("tickets:agreement_version", args=["default"])


@pytest.fixture
def together():
    make_queue("drift")
    Vendor.objects.create(code="kmd", name="KMD")
    return Together()


@pytest.fixture
def amir(client, together):
    client.force_login(together.amir)
    return together.amir


def a_form(**fields):
    data = {
        "valid_from": (timezone.localdate() + timedelta(days=14)).isoformat(), "valid_at": "08:00",
        "reason": "Kortere svartid.", "first_response_calendar": "desk", "first_response_1": "15 min",
        "first_response_4": "2 t 30", "resolution_calendar": "desk", "resolution_1": "60", "resolution_4": "8 t",
        "pause_resolution": ["waiting_requester", "waiting_planned"], "warn_percent": "50, 75, 90",
        "ola_drift_calendar": "desk", "ola_drift": "4 t", "vendors_kmd_calendar": "desk", "vendors_kmd": "8 t",
    }  # fmt: skip
    return data | fields


def test_first_the_effect_then_the_proposal(client, amir):
    shown = client.post(NEW, a_form(preview="1"))
    assert (shown.status_code, Proposal.objects.count(), len(shown.context["effect"])) == (200, 0, 3)

    sent = client.post(NEW, a_form(propose="1"))

    proposal = Proposal.objects.get()
    assert (sent.status_code, sent.url) == (302, proposal.get_absolute_url())
    assert proposal.change["terms"] == {
        "timers": {
            "first_response": {"calendar": "desk", "target_minutes": {"1": 15, "4": 150}},
            "resolution": {"calendar": "desk", "target_minutes": {"1": 60, "4": 480}},
        },
        "calendar_by_priority": {},
        "pause_states": {"resolution": ["waiting_requester", "waiting_planned"]},
        "warn_percent": [50, 75, 90],
        "ola": {"drift": {"calendar": "desk", "target_minutes": 240}},
        "vendors": {"kmd": {"calendar": "desk", "target_minutes": 480}},
    }
    assert timezone.localtime(proposal.takes_effect_at).hour == 8
    assert client.get(proposal.get_absolute_url()).status_code == 200
    assert client.get(reverse("tickets:agreement", args=["default"])).context["waiting"] == proposal


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"first_response_1": "0"}, "first_response_1"),  # BAD_TARGET
        ({"resolution_4": "snart"}, "resolution_4"),
        ({"ola_drift": "-5"}, "ola_drift"),
        ({"warn_percent": "50, 100"}, "warn_percent"),
        ({"first_response_calendar": "mars"}, "first_response_calendar"),  # UNKNOWN_CALENDAR
        ({"first_response_calendar": ""}, "first_response_calendar"),
        ({"vendors_kmd_calendar": ""}, "vendors_kmd"),
        ({"calendar_4": "sjaelden"}, "first_response_4"),  # NO_OPENING
        ({"valid_from": "2020-01-01"}, "valid_from"),
        ({"valid_from": "2026-13-01"}, "valid_from"),  # BAD_TIME
        ({"pause_resolution": ["sleeping"]}, "pause_resolution"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_is_stored(client, amir, fields, field):
    rare = Calendar.objects.create(code="sjaelden", name="Sjælden")
    rare.versions.create(valid_from="2014-01-01", weekly={}, exceptions={"2015-01-02": [["10:00", "10:05"]]})
    page = client.post(NEW, a_form(propose="1", **fields))
    assert page.status_code == 422
    errors = page.context["form"].errors
    assert field in errors
    assert set(errors) <= {field, "resolution_4"}
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("named", MESSAGES)
def test_whatever_the_law_refuses_of_the_whole_has_a_field_to_stand_beside(together, named):
    code, _dot, reason = named.partition(".")
    for value in ("desk", "resolution", "240", "?"):
        form = AgreementVersionForm(
            a_form(), agreement=Agreement.objects.get(code="default"), base=None, now=timezone.now()
        )
        assert form.is_valid(), form.errors
        form.refuse(SlaError(code, reason=reason, value=value))
        assert (len(form.errors), form.non_field_errors()) == (1, [])


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (SlaError("NO_OPENING", value="desk"), "first_response_calendar"),
        (SlaError("UNKNOWN_CALENDAR", value="desk"), "first_response_calendar"),
        (SlaError("BAD_TARGET", value=240), "ola_drift"),
        (SlaError("BAD_TARGET", value="resolution"), "resolution_1"),
        (SlaError("BAD_TARGET", reason="percent", value=100), "warn_percent"),
        (SlaError("BAD_EVENT", reason="never_paused", value="next_update"), "pause_next_update"),
        (SlaError("OVERLAP", value="x"), "valid_from"),
    ],
)
def test_a_refusal_of_the_whole_stands_beside_what_it_names(together, error, field):
    form = AgreementVersionForm(
        a_form(), agreement=Agreement.objects.get(code="default"), base=None, now=timezone.now()
    )
    assert form.is_valid(), form.errors
    form.refuse(error)
    assert list(form.errors) == [field]


def test_the_form_begins_with_what_is_in_force(client, amir):
    form = client.get(NEW).context["form"]
    values = {name: form[name].value() for name in ("first_response_1", "first_response_5", "resolution_1")}
    assert values == {"first_response_1": "15 min", "first_response_5": "8 t", "resolution_1": "1 t"}


def test_a_new_agreement_promises_nothing_until_it_is_adopted(client, amir, together):
    data = {"name": "Egedals aftale", "code": "egedal", "for_municipality": together.egedal.pk}
    made = client.post(reverse("tickets:agreement_new"), data)
    assert made.url == reverse("tickets:agreement_version", args=["egedal"])
    assert client.get(reverse("tickets:agreement", args=["egedal"])).context["current"] is None
    client.post(made.url, a_form(propose="1"))
    assert [concern.municipality for concern in Proposal.objects.get().concerns.all()] == [together.egedal]
    again = client.post(reverse("tickets:agreement_new"), data | {"code": "egedal-2"})
    assert list(again.context["form"].errors) == ["service"]


def test_who_may_not_propose_reads_only(client, together):
    for person in (together.directors[together.egedal.pk], make_agent(together.egedal, role="lead")):
        client.force_login(person)
        page = client.get(reverse("tickets:agreement", args=["default"]))
        assert (page.status_code, page.context["may_propose"]) == (200, False)
        assert (client.get(NEW).status_code, client.post(NEW, a_form(propose="1")).status_code) == (404, 404)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(("name", "args"), [("agreements", []), ("agreement", ["default"])])
def test_the_pages_stay_within_their_queries(client, amir, name, args, asked):
    for number in range(5):
        service = Service.objects.create(code=f"s{number}", name=f"Tjeneste {number}")
        Agreement.objects.create(code=f"a{number}", name=f"Aftale {number}", service=service)
    with asked(at_most=12):
        assert client.get(reverse(f"tickets:{name}", args=args)).status_code == 200


@pytest.mark.parametrize(
    ("text", "minutes"), [("30", 30), ("30 min", 30), ("4 t", 240), ("2 t 30", 150), ("1 h 5 min", 65), ("", None)]
)
def test_targets_are_read_as_people_write_them(text, minutes):
    assert read_target(text) == minutes
    assert read_target(write_target(minutes)) == minutes


@pytest.mark.parametrize("text", ["0", "0 t", "-5", "1,5 t", "4 dage", "x"])
def test_what_is_no_target_is_refused(text):
    with pytest.raises(SlaError) as refused:
        read_target(text)
    assert refused.value.code == "BAD_TARGET"
