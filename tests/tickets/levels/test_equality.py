"""Verdicts from counted figures: the stored rows say what the statistics say, by the margin of their month."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tests.factories import make_agent, make_category, make_municipality, make_operator, see
from tickets.levels import drawings, equality, margins, months
from tickets.levels.judging import judge, judged
from tickets.levels.models import EqualityVerdict, LevelFigure, LevelMonth
from tickets.sla.equality import verdict

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def figure(municipality, met, breached, *, kind="first_response", month=OCTOBER, priority=3, **fields):
    category = make_category()
    return LevelFigure.objects.create(
        municipality=municipality, month=month, kind=kind, category=category, priority=priority, met=met,
        breached=breached, measured_at=NOW, **fields,
    )  # fmt: skip


@pytest.fixture
def three():
    make_operator()
    places = [
        make_municipality(name, code=code) for code, name in (("151", "Vestby"), ("190", "Nordby"), ("240", "Sydby"))
    ]
    see(*places)
    return places


def said(kind="first_response", span=3):
    rows = EqualityVerdict.objects.filter(kind=kind, span=span).order_by("municipality__code")
    return [(row.municipality.code, row.verdict) for row in rows]


def test_the_stored_verdict_is_that_of_the_law(three):
    vestby, nordby, sydby = three
    figure(vestby, 941, 59)
    figure(nordby, 942, 58)
    figure(sydby, 800, 200)
    judge(OCTOBER, now=NOW)
    law = verdict({"s": {"151": (941, 1000), "190": (942, 1000), "240": (800, 1000)}}, margin=0.05).municipalities
    assert said() == [(code, judgement.verdict) for code, judgement in law.items()]
    assert dict(said()) == {"151": "BETTER", "190": "BETTER", "240": "WORSE"}
    row = EqualityVerdict.objects.get(municipality=sydby, kind="first_response", span=3)
    assert (row.result["n"], row.result["met"]) == (1000, 800)
    assert row.result["rd"] == pytest.approx(law["240"].rd)
    assert row.result["covered"] == 1.0


def test_three_months_and_twelve_are_judged_apart(three):
    for place in three:
        figure(place, 20, 2)
        figure(place, 500, 20, month=date(2026, 3, 1))
    judge(OCTOBER, now=NOW)
    assert said(span=3) == [(place.code, "TOO_FEW") for place in three]
    assert said(span=12) == [(place.code, "EQUAL") for place in three]
    cell = equality.read(OCTOBER, span=3).goals[0].cells[0]
    with translation.override("en"):
        assert (cell.words, cell.n) == ("Too few tickets", 22)


def test_a_margin_counts_from_its_month_and_never_judges_a_frozen_one_again(three):
    sara = make_agent(*three)
    margins.set_margin(
        points=Decimal("2.0"), valid_from=OCTOBER, decided_by="Styregruppen", decided_on=date(2026, 9, 9),
        reference="Punkt 4", by=sara, at=NOW,
    )  # fmt: skip
    for place, missed in zip(three, (50, 65, 60), strict=True):
        figure(place, 1000 - missed, missed)
    judge(OCTOBER, now=NOW)
    assert {row.margin_points for row in EqualityVerdict.objects.all()} == {Decimal("2.0")}
    assert dict(said())["190"] == "UNDECIDED"
    row = LevelMonth.objects.create(month=OCTOBER, requested_by=sara, requested_at=NOW)
    months.close(row, at=NOW, is_measured=True)
    EqualityVerdict.objects.all().delete()
    found = equality.read(OCTOBER)
    assert found.is_frozen
    assert found.goals[0].cells[1].verdict == "UNDECIDED"


def test_standardised_rates_say_what_part_they_cover(three):
    for place in three:
        figure(place, 90, 10)
    figure(three[0], 50, 50, priority=1)
    judge(OCTOBER, now=NOW)
    goal = equality.read(OCTOBER).goals[0]
    assert goal.covered == pytest.approx(300 / 400)
    assert [cell.rate for cell in goal.cells] == [pytest.approx(0.9)] * 3
    assert goal.index == pytest.approx(100)


def test_times_have_a_ratio_with_its_seed(three):
    for place, seconds in zip(three, (3600, 3600, 7200), strict=True):
        figure(place, 40, 0, kind="resolution", elapsed=[seconds] * 40)
    judge(OCTOBER, now=NOW)
    result = EqualityVerdict.objects.get(municipality=three[2], kind="resolution", span=3).result
    assert (result["ratio"], result["ratio_low"], result["ratio_high"]) == (pytest.approx(2.0),) * 3
    assert result["seed"] == 20140101


def test_one_municipality_alone_is_not_judged():
    assert judged({"s": {"151": (1, 2)}}, {}, margin=Decimal(5)) == {}
    assert judged({}, {}, margin=Decimal(5)) == {}


def test_the_part_of_the_overview_says_it_in_danish(three):
    vestby, nordby, sydby = three
    figure(vestby, 941, 59)
    figure(nordby, 942, 58)
    figure(sydby, 800, 200)
    judge(OCTOBER, now=NOW)
    shown = drawings.equality_part(OCTOBER)
    html = render_to_string("tickets/levels/_equality.html", shown)
    assert "Dårligere betjent" in html
    assert "Sydby" in shown["part"].finding
    assert drawings.equality_part(date(2026, 9, 1)) is None


def test_where_there_is_little_room_only_what_is_lacking_is_said():
    with translation.override("en"):
        open_ = equality.Cell(None, {"verdict": equality.UNDECIDED, "n": 40, "more_needed": 1355})
        told = equality.Cell(None, {"verdict": equality.EQUAL, "n": 400, "more_needed": 0})

        assert (open_.brief, open_.words) == (
            "lacks 1,355 tickets", "Cannot be told yet (1,355 more tickets needed)",
        )  # fmt: skip
        assert told.brief == told.words == "Served equally"
