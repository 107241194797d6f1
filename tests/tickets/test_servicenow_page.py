"""The page of imported incidents: what the comparison stored, for those whose totals one reads."""

import csv
import io

import pytest
from django.urls import reverse

from tests.factories import make_director, make_municipality
from tests.tickets.test_servicenow import make_desk, run, written
from tests.tickets.test_servicenow_comparing import compare_again, end_state, ordinary, reopened
from tickets.models import Ticket
from tickets.servicenow.models import ImportedJudgement

pytestmark = pytest.mark.django_db
PAGE, CSV = reverse("tickets:servicenow"), reverse("tickets:servicenow_csv")


@pytest.fixture
def director(tmp_path, client):
    """Of the municipality into which four incidents were imported: two judged otherwise, one alike, one not told."""
    nordby, sydby = make_desk()
    told = [*end_state(), *reopened(), *ordinary("SAME", 2, "TRUE"), *ordinary("OPEN", 2, "?")]
    run(tmp_path, written(*told), municipality=nordby.code, other=sydby.code)
    person = make_director(Ticket.objects.get(external_id="END").municipality)
    client.force_login(person)
    return person


def test_an_import_alone_fills_the_page(director):
    rows = ImportedJudgement.objects.order_by("incident").values_list("incident", "ours", "theirs", "cause")
    assert list(rows) == [
        ("END", "kept", "missed", "end"),
        ("OPEN", "kept", "not told", ""),
        ("REOPENED", "missed", "kept", "reopened"),
        ("SAME", "kept", "kept", ""),
    ]


def test_both_rates_are_of_the_same_incidents_and_every_difference_has_its_cause(client, director):
    page = client.get(PAGE)
    seen = page.context
    assert (seen["all"], seen["decided"], seen["same"], seen["different"]) == (4, 3, 1, 2)
    assert (seen["our_rate"], seen["their_rate"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    causes = {code: (kept, missed) for code, _words, kept, missed in seen["causes"] if kept or missed}
    assert causes == {"end": (1, 0), "reopened": (0, 1)}
    assert [row.incident for row in seen["page"]] == ["END", "REOPENED"]
    chosen = client.get(PAGE, {"aarsag": "reopened"})
    assert [row.incident for row in chosen.context["page"]] == ["REOPENED"]
    assert len(client.get(PAGE, {"aarsag": "sludder"}).context["page"]) == 2


def test_compared_again_a_judgement_takes_the_place_of_the_earlier_one(tmp_path, client, director):
    ImportedJudgement.objects.filter(incident="END").update(cause="pauses")
    compare_again(tmp_path)
    assert ImportedJudgement.objects.count() == 4
    assert ImportedJudgement.objects.get(incident="END").cause == "end"


def test_the_file_has_every_incident(client, director):
    response = client.get(CSV)
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert [row["Hændelse"] for row in rows] == ["END", "OPEN", "REOPENED", "SAME"]
    assert rows[0]["Årsag"].startswith("Afslutning")


def test_a_director_of_another_municipality_sees_none_of_them(client, director):
    client.force_login(make_director(make_municipality("Vestby")))
    page = client.get(PAGE)
    assert (page.status_code, page.context["all"]) == (200, 0)
    assert "END" not in client.get(CSV).content.decode()


def test_the_page_asks_few_questions(client, director, asked):
    with asked(at_most=12):
        assert client.get(PAGE).status_code == 200
