"""The year's budget from CSV and XLSX: seen first, all or nothing, and the same file twice is nothing."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from billing import periods
from billing.models import Budget, LedgerLine, SourceMapping, Upload
from billing.settlement import budget_file
from billing.settlement.budget import fix_budget
from servicecenter.audit.models import AuditEntry
from tests.billing.test_corrections import close
from tests.billing.world import World

pytestmark = pytest.mark.django_db
GOOD = "Pulje;Måned;Beløb\ndesk;2026-01;20.000,50\nSecurity;2026-02;-100,00\ndesk;02-2026;1\n"


@pytest.fixture
def world(client):
    world = World()
    client.force_login(world.lone)
    return world


def send(client, content, name="budget.csv", year=2026):
    data = content if isinstance(content, bytes) else content.encode("cp1252")
    return client.post(
        reverse("billing:budget_import", args=[year]), {"file": SimpleUploadedFile(name, data)}, follow=True
    )


def store(client, year=2026):
    upload = Upload.objects.get()
    return client.post(reverse("billing:budget_confirmation", args=[year, upload.pk]), follow=True)


def stored():
    return list(Budget.objects.order_by("month", "pool__code").values_list("pool__code", "month", "amount_ore"))


WANTED = [
    ("desk", date(2026, 1, 1), 2_000_050), ("desk", date(2026, 2, 1), 100), ("security", date(2026, 2, 1), -10_000),
]  # fmt: skip


def workbook():
    book, out = Workbook(), io.BytesIO()
    for row in (["Pulje", "Måned", "Beløb"], ["desk", date(2026, 1, 1), 20000.5], ["security", "2026-02", -100],
                ["desk", "2026-02", 1]):  # fmt: skip
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("file", [GOOD, workbook()], ids=["csv", "xlsx"])
def test_a_file_is_seen_first_and_then_stored(client, world, file):
    seen = send(client, file)

    assert stored() == []
    assert [row.before_ore for row in seen.context["found"].changes] == [None] * 3
    assert "20.000,50" in seen.content.decode()
    store(client)
    assert stored() == WANTED
    assert not Upload.objects.exists()
    assert AuditEntry.objects.get(action="budget_imported").data["cells"] == 3


def test_the_same_file_twice_is_nothing(client, world):
    send(client, GOOD)
    store(client)
    entries = AuditEntry.objects.count()

    seen = send(client, GOOD)
    store(client)

    assert (seen.context["found"].known_count, seen.context["found"].changes) == (3, [])
    assert (stored(), AuditEntry.objects.count()) == (WANTED, entries)


def test_another_amount_is_shown_beside_the_one_it_replaces(client, world):
    send(client, GOOD)
    store(client)

    (row,) = send(client, GOOD.replace("20.000,50", "19.999,99")).context["found"].changes

    assert (row.line, row.before_ore, row.amount_ore) == (2, 2_000_050, 1_999_999)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("desk;2026-03;1.00", "»1.00« er ikke et beløb"),
        ("desk;2026-03;", "Cellen er tom"),
        ("skrivebord;2026-03;1,00", "»skrivebord«"),
        ("desk;2026-13;1,00", "2026-13"),
        ("desk;2027-03;1,00", "2027-03"),
        ("desk;2026-01;1,00", "Linje 2"),
        ("desk;2026-03", "2 celler"),
    ],
)
def test_a_bad_row_is_listed_with_its_line_and_reason_and_nothing_is_stored(client, world, row, reason):
    seen = send(client, GOOD + row + "\n")
    upload = Upload.objects.get()
    (fault,) = seen.context["faults"]
    rejects = client.get(reverse("billing:budget_rejects", args=[2026, upload.pk])).content.decode("utf-8-sig")
    refused = store(client)

    assert (fault.line, stored(), refused.status_code) == (5, [], 409)
    assert reason in str(fault.reason)
    assert rejects.splitlines()[1].startswith("5;")
    assert rejects.splitlines()[1].endswith(row)
    assert str(fault.reason) in seen.content.decode().replace("&quot;", '"')


def test_columns_with_other_headings_are_chosen_once_and_remembered(client, world):
    other = GOOD.replace("Pulje;Måned;Beløb", "Konto;Tid;Kroner")
    seen = send(client, other)
    assert "Pulje" in str(seen.context["faults"][0].reason)
    address = reverse("billing:budget_preview", args=[2026, Upload.objects.get().pk])

    again = client.post(address, {"pool": "Konto", "month": "Tid", "amount_ore": "Kroner"}, follow=True)
    store(client)

    assert again.context["faults"] == []
    assert stored() == WANTED
    assert SourceMapping.objects.get().source == budget_file.SOURCE
    assert send(client, other).context["faults"] == []


def test_the_budget_of_a_year_that_is_settled_stays(client, world):
    send(client, GOOD.replace("Security;2026-02;-100,00\n", ""))
    store(client)
    world.lines()
    fix_budget(2026, basis=periods.calculate(world.october, by=world.lone), by=world.lone)
    close(world, world.october)

    same = send(client, GOOD.replace("Security;2026-02;-100,00\n", ""))
    store(client)
    other = send(client, GOOD)

    assert same.context["faults"] == []
    assert [fault.line for fault in other.context["faults"]] == [3]


def test_a_file_of_a_budget_is_no_file_of_lines(client, world):
    send(client, GOOD)
    upload = Upload.objects.get()

    for name in ("import", "import_rejects"):
        assert client.get(reverse(f"billing:{name}", args=[upload.pk])).status_code == 404
    assert client.post(reverse("billing:import_confirmation", args=[upload.pk])).status_code == 404
    assert client.get(reverse("billing:budget_preview", args=[2025, upload.pk])).status_code == 404
    assert not LedgerLine.objects.exists()


def test_what_is_no_table_is_refused_at_the_field(client, world):
    page = send(client, b"PK\x03\x04 no workbook", name="x.xlsx")

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["file"])
