"""One source for promises: other reports tell what the levels counted, and of a closed month what was frozen."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import make_agent, make_category, make_municipality
from tickets.levels import months, totals
from tickets.levels.models import LevelFigure, LevelMonth

pytestmark = pytest.mark.django_db
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def figure(municipality, month, *, met, breached=0, undecided=0, priority=3, kind="resolution"):
    LevelFigure.objects.create(
        municipality=municipality, month=month, kind=kind, category=make_category(), priority=priority, met=met,
        breached=breached, undecided=undecided, measured_at=NOW,
    )  # fmt: skip


def test_a_closed_month_tells_its_frozen_figures_and_an_open_one_the_counted(django_assert_max_num_queries):
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    figure(nordby, SEPTEMBER, met=8, breached=2)
    figure(nordby, SEPTEMBER, met=1, priority=1)
    figure(sydby, SEPTEMBER, met=5)
    figure(nordby, OCTOBER, met=3, breached=1, undecided=4)
    figure(nordby, OCTOBER, met=99, kind="ola")
    row = LevelMonth.objects.create(month=SEPTEMBER, requested_by=make_agent(nordby, sydby), requested_at=NOW)
    months.close(row, at=NOW, is_measured=True)
    LevelFigure.objects.filter(month=SEPTEMBER).update(met=0)
    with django_assert_max_num_queries(1):
        september = totals.of_month(SEPTEMBER)["resolution"]
    assert {pk: (counts.met, counts.breached) for pk, counts in september.items()} == {
        nordby.pk: (9, 2),
        sydby.pk: (5, 0),
    }
    october = totals.of_month(OCTOBER)
    assert set(october) == {"resolution"}
    assert (october["resolution"][nordby.pk].met, october["resolution"][nordby.pk].undecided) == (3, 4)
    year = totals.of_years()["resolution", 2026]
    assert (year.met, year.breached) == (9 + 5 + 3, 2 + 1)
