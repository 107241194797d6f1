"""The statement on paper: one page of A4, its figures, the same bytes each time, tagged and in the house's typeface."""

import re
import zlib

import pytest
from django.urls import reverse
from django.utils import translation

from billing import periods, statements
from billing.invoicing import drafts, issuing
from billing.models import Budget
from billing.pdf import fonts, statement
from tests.billing.invoicing.community import AT, Community
from tests.billing.test_statement import two_months
from tests.billing.world import NOON, OCTOBER
from tests.factories import make_director

pytestmark = pytest.mark.django_db
DESK = "Fælles Servicedesk"


def closed():
    community = Community()
    community.close_october()
    return community


def words(found):
    """Every text of the page, however deep."""
    if isinstance(found, dict):
        return [word for value in found.values() for word in words(value)]
    if isinstance(found, (list, tuple)):
        return [word for value in found for word in words(value)]
    return [found] if isinstance(found, str) else []


def test_the_same_statement_is_the_same_bytes():
    community = closed()

    first, second = (statement.as_pdf(statements.read(community.egedal, OCTOBER), desk=DESK) for _ in range(2))

    assert first == second
    assert first.startswith(b"%PDF-1.7")


def test_it_is_one_page_tagged_for_screen_readers_and_for_keeping():
    pdf = statement.as_pdf(statements.read(two_months().egedal, OCTOBER), desk=DESK)

    plain = pdf + b"".join(
        zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", pdf, re.DOTALL)
    )
    assert len(re.findall(rb"/Type\s*/Page\b", plain)) == 1
    assert b"<pdfuaid:part>1</pdfuaid:part>" in plain
    assert b"<pdfaid:part>2</pdfaid:part>" in plain
    assert b"/StructTreeRoot" in plain
    assert set(re.findall(rb"\+(IBMPlexSans[A-Za-z-]*)", plain)) >= {b"IBMPlexSans", b"IBMPlexSans-Bold"}


def test_the_page_says_what_the_statement_says():
    community = closed()
    Budget.objects.create(pool=community.desk, month=OCTOBER, amount_ore=1_280_000)
    issuing.issue(drafts.of_month(community.egedal, OCTOBER), by=community.lone, at=AT)
    found = statements.read(community.egedal, OCTOBER)

    told = words(statement.content(found, desk=DESK))

    for word in ("628.553,58", "6.511,86", "642.024,01", "2026-10-EGE", "Egedal Kommune", "1. december 2026"):
        assert word in told, word
    assert any(found.run.control_number in word for word in told)
    assert [word for word in told if community.per.name in word]


def test_it_speaks_the_readers_language():
    found = statements.read(closed().egedal, OCTOBER)

    with translation.override("en"):
        english = statement.content(found, desk=DESK)

    assert english["lang"] == "en"
    assert english["reconciliation"]["title"] == "Reconciliation"


def test_the_bars_of_the_waterfall_follow_each_other():
    change = statement.content(statements.read(two_months().egedal, OCTOBER), desk=DESK)["change"]

    assert change["steps"][0]["from"] == 0
    assert all(0 <= step["from"] <= 1 and 0 <= step["width"] <= 1 for step in change["steps"])
    assert change["steps"][-1]["tone"] == "total"


def test_the_year_so_far_is_compared_with_its_budget():
    world = two_months()
    for month in (OCTOBER.replace(month=9), OCTOBER):
        Budget.objects.create(pool=world.desk, month=month, amount_ore=1_280_000)

    found = statements.read(world.egedal, OCTOBER)

    assert found.year_ore == sum(
        statements.read(world.egedal, month).amount_ore for month in (OCTOBER.replace(month=9), OCTOBER)
    )
    assert found.year_budget_ore == 2 * 420_000


def test_a_statement_without_a_month_before_has_no_waterfall():
    found = statements.read(closed().egedal, OCTOBER)

    assert statement.content(found, desk=DESK)["change"] is None
    assert statement.as_pdf(found, desk=DESK).startswith(b"%PDF")


def test_every_director_may_print_it_and_nobody_else(client):
    community = closed()
    address = reverse("billing:pdf", args=["2026-10", "egedal"])

    client.force_login(make_director(community.ballerup))
    response = client.get(address)

    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == 'attachment; filename="afregning-2026-10-egedal.pdf"'


def test_a_file_that_is_no_woff_is_refused():
    with pytest.raises(ValueError, match="WOFF"):
        fonts.unpacked(b"\0" * 64)


def test_many_pools_still_fit_one_page():
    community = Community()
    for place in range(9):
        pool = community.pool(f"extra{place}", {"type": "equal"}, label="Lige deling")
        community.line(f"X{place}", 1_000_000, pool)
    community.lines()
    periods.calculate(community.october, by=community.lone, at=NOON)

    pdf = statement.as_pdf(statements.read(community.egedal, OCTOBER), desk=DESK)

    assert b"/Count 1" in pdf or len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 1
