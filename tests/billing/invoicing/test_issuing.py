"""An invoice gets its number once and for good; its amounts are the statement's; what is missing is told."""

import hashlib

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse
from django.utils import translation

from billing import statements
from billing.invoicing import checks, drafts, issuing, rules
from billing.models import AccountString, Invoice, InvoiceFile, InvoiceParty, InvoiceSeries
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from tests.billing.invoicing import official
from tests.billing.invoicing.community import AT, OCTOBER, TODAY, Community

pytestmark = pytest.mark.django_db


def issued(community, member=None, **fields):
    return issuing.issue(drafts.of_month(member or community.egedal, OCTOBER), by=community.lone, at=AT, **fields)


def on_account(community, amount_ore, member=None, **fields):
    member = member or community.egedal
    words = {"kind": "on_account", "source": "instalment/2026/10", "first_day": OCTOBER, "last_day": OCTOBER}
    lines = [drafts.DraftLine("A conto, oktober", amount_ore)]
    draft = drafts.of_amount(member, lines=lines, **(words | fields))
    return issuing.issue(draft, by=community.lone, at=AT)


def closed(**fields):
    community = Community(**fields)
    community.close_october()
    return community


def test_the_invoice_of_a_month_has_the_amounts_of_the_statement_to_the_ore():
    community = closed()

    for member in community.members:
        invoice, statement = issued(community, member), statements.read(member, OCTOBER)
        assert invoice.net_ore == statement.amount_ore
        assert [(line.text, line.net_ore) for line in invoice.lines.all()] == [
            (row.name, row.amount_ore) for row in statement.rows if row.amount_ore
        ]
        assert sum(line.vat_ore for line in invoice.lines.all()) == invoice.vat_ore
    assert sum(Invoice.objects.values_list("net_ore", flat=True)) == 64_202_401


def test_an_invoice_says_who_pays_whom_and_when():
    community = closed()

    invoice = issued(community)

    assert (invoice.code, invoice.issued_on, str(invoice.due_on)) == ("2026-00001", TODAY, "2026-12-01")
    assert (invoice.net_ore, invoice.vat_ore) == (62_855_358, 15_713_840)  # 157,138.395 rounded half up
    assert (invoice.buyer["gln"], invoice.buyer["reference"]) == ("5790002400001", "OEKO1")
    assert invoice.account == {"registration": "0216", "number": "4069123456"}
    assert {line.account_string for line in invoice.lines.all()} == {"0064552010047000"}
    assert AuditEntry.objects.get(action="invoice_issued").subject == "2026-00001"


def test_both_files_are_written_and_pass_every_rule_set():
    community = closed()

    for member in community.members:
        invoice = issued(community, member)
        files = {file.format: file for file in invoice.files.all()}
        assert set(files) == {"oioubl", "peppol"}
        for file in files.values():
            assert file.sha256 == hashlib.sha256(file.content.encode()).hexdigest()
            assert official.schema_faults(file.content.encode()) == []
        assert [rules.found(file.content.encode(), file.format) for file in files.values()] == [[], []]
        assert official.peppol_faults(files["peppol"].content.encode()) == []


def test_the_texts_of_an_invoice_are_danish_whoever_issues_it():
    community = closed()

    with translation.override("en"):
        invoice = issued(community)

    assert "oktober 2026" in invoice.note
    assert "egne fakturaer" in "".join(line.description for line in invoice.lines.all())


def test_numbers_follow_each_other_without_a_gap():
    community = closed()

    with pytest.raises(issuing.NothingToInvoice), transaction.atomic():
        on_account(community, 0)
    codes = [issued(community, member).code for member in community.members]

    assert codes == ["2026-00001", "2026-00002", "2026-00003"]
    assert InvoiceSeries.objects.get().last_number == 3


def _a_newer_release(monkeypatch):
    """A release of the rules that no file of ours meets."""
    rule = rules.Rule("F-NEW001", "Nothing is right any more.", ".", "false()")
    monkeypatch.setitem(rules.RULE_SETS, "oioubl", (rules.RuleSet("OIOUBL", "9", (rule,)),))


def test_a_failure_after_the_number_was_drawn_leaves_no_gap(monkeypatch):
    community = closed()
    _a_newer_release(monkeypatch)

    with pytest.raises(issuing.FileRefused, match="F-NEW001"), transaction.atomic():
        issued(community)
    monkeypatch.undo()

    assert issued(community).code == "2026-00001"


def test_the_series_moves_by_invoices_only():
    community = closed()
    issued(community)

    for change in (
        "UPDATE billing_invoiceseries SET last_number = 7",
        "DELETE FROM billing_invoiceseries",
        "INSERT INTO billing_invoiceseries (year, last_number) VALUES (2027, 4)",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


CHANGES = [
    "UPDATE billing_invoice SET net_ore = 1",
    "DELETE FROM billing_invoice",
    "UPDATE billing_invoiceline SET net_ore = 1",
    "DELETE FROM billing_invoiceline",
    "UPDATE billing_invoicefile SET content = ''",
    "DELETE FROM billing_invoicefile",
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_issued_invoice_never_changes(change):
    community = closed()
    issued(community)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_not_even_the_owner_of_the_tables_changes_an_issued_invoice():
    with transaction.atomic():
        issued(closed())

    for change in [*CHANGES, "TRUNCATE billing_invoicefile"]:
        with pytest.raises(DatabaseError, match="append-only"), connections["owner"].cursor() as cursor:
            cursor.execute(change)


def test_lines_that_do_not_add_up_are_refused_by_the_database():
    community = closed()
    invoice = issued(community)

    with pytest.raises(DatabaseError, match="lines of"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_invoiceline (municipality_id, invoice_id, position, text, description, net_ore,"
            " vat_ore, account_string, art) VALUES (%s, %s, 99, 'Mere', '', 100, 25, '', '')",
            [invoice.municipality_id, invoice.pk],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_same_month_is_invoiced_once():
    community = closed()
    issued(community)

    with pytest.raises(issuing.AlreadyIssued, match="2026-00001"):
        issued(community)


def test_a_month_is_invoiced_when_it_is_closed():
    community = Community()
    community.lines()
    from billing import periods
    from tests.billing.world import NOON

    periods.calculate(community.october, by=community.lone, at=NOON)

    with pytest.raises(issuing.MonthNotClosed):
        issued(community)


def test_a_credit_note_gives_all_of_it_back_and_the_month_may_be_invoiced_again():
    community = closed()
    invoice = issued(community)

    note = issuing.credit(invoice, by=community.lone, reason="Forkert reference", at=AT)
    again = issued(community)

    assert (note.is_credit, note.net_ore, note.vat_ore, note.preceding) == (
        True, invoice.net_ore, invoice.vat_ore, invoice,
    )  # fmt: skip
    assert (note.code, again.code) == ("2026-00002", "2026-00003")
    assert sum(row.signed_net_ore for row in Invoice.objects.all()) == invoice.net_ore
    assert rules.found(note.files.get(format="oioubl").content.encode(), "oioubl") == []
    assert official.peppol_faults(note.files.get(format="peppol").content.encode()) == []
    assert "2026-00001" in note.files.get(format="peppol").content
    with pytest.raises(issuing.AlreadyIssued):
        issuing.credit(invoice, by=community.lone, reason="Igen", at=AT)


def test_what_was_invoiced_on_account_is_taken_off():
    community = closed()
    on_account(community, 60_000_000, period=community.october)

    invoice = issued(community)

    assert invoice.net_ore == 2_855_358
    assert [line.net_ore for line in invoice.lines.all()][-1] == -60_000_000


def test_more_on_account_than_the_month_cost_gives_a_credit_note():
    community = closed()
    on_account(community, 63_000_000, period=community.october)

    note = issued(community)

    assert (note.is_credit, note.net_ore) == (True, 144_642)
    assert rules.found(note.files.get(format="oioubl").content.encode(), "oioubl") == []
    assert official.peppol_faults(note.files.get(format="peppol").content.encode()) == []


@pytest.mark.parametrize(("mode", "vat_ore"), [("taxable", 15_713_840), ("exempt_group", 0), ("outside_scope", 0)])
def test_the_vat_mode_of_the_centre_decides(mode, vat_ore):
    community = closed(vat_mode=mode, vat_basis="Momsloven § 13, stk. 1, nr. 19")

    invoice = issued(community)

    assert (invoice.vat_ore, invoice.vat_mode) == (vat_ore, mode)
    assert ("Momsloven § 13" in invoice.files.get(format="oioubl").content) == (mode != "taxable")


def test_a_later_change_of_details_changes_no_issued_invoice():
    community = closed()
    invoice = issued(community)
    content = invoice.files.get(format="oioubl").content

    Municipality.objects.filter(pk=community.egedal.pk).update(name="Egedal By")
    InvoiceParty.objects.update(city="Ny by")

    from billing.invoicing import oioubl

    assert oioubl.write(issuing.document_of(Invoice.objects.get())).decode() == content


def test_a_pool_with_its_own_account_string_is_booked_there():
    community = closed()
    AccountString.objects.create(
        municipality=community.egedal, pool=community.nexus, account_string="0055721010047001", art="4.9"
    )

    invoice = issued(community)

    strings = {line.text: (line.account_string, line.art) for line in invoice.lines.all()}
    assert strings["Nexus"] == ("0055721010047001", "4.9")
    assert strings["Desk"] == ("0064552010047000", "4.7")


# Each thing that can be missing, who mends it, and a word of its sentence.
MISSING = [
    (lambda c: Municipality.objects.filter(pk=c.egedal.pk).update(gln=""), "egedal", "GLN"),
    (lambda c: Municipality.objects.filter(pk=c.egedal.pk).update(gln="5790002400002"), "egedal", "check digit"),
    (lambda c: Municipality.objects.filter(pk=c.egedal.pk).update(gln="57900"), "egedal", "13 digits"),
    (lambda c: Municipality.objects.filter(pk=c.egedal.pk).update(cvr=""), "egedal", "CVR"),
    (lambda c: InvoiceParty.objects.filter(municipality=c.egedal).delete(), "egedal", "person reference"),
    (lambda c: Municipality.objects.filter(pk=c.operator.pk).update(cvr="12345678"), "driften", "CVR"),
    (lambda c: Municipality.objects.filter(pk=c.operator.pk).update(vat_mode=""), "driften", "VAT"),
    (lambda c: InvoiceParty.objects.filter(municipality=c.operator).update(bank_account=""), "driften", "bank account"),
    (lambda c: InvoiceParty.objects.filter(municipality=c.operator).delete(), "driften", "bank account"),
    (
        lambda c: Municipality.objects.filter(pk=c.operator.pk).update(vat_mode="exempt_group", vat_basis=""),
        "driften", "legal basis",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "slug", "word"), MISSING, ids=[f"{slug}-{word}" for _d, slug, word in MISSING])
def test_what_is_missing_is_told_with_the_page_that_mends_it(damage, slug, word):
    community = closed()
    damage(community)
    for who in (community.egedal, community.operator):
        who.refresh_from_db()

    with translation.override("en"):
        (lack,) = checks.lacks(community.operator, community.egedal)
        address = reverse("billing:invoice_details", args=[slug])

    assert word in lack.sentence
    assert lack.address == address
    with pytest.raises(issuing.NotReady):
        issued(community)
    assert not InvoiceFile.objects.exists()


def test_what_a_month_carries_for_closed_months_is_a_line_with_the_old_month():
    from datetime import date

    from billing import corrections, periods
    from tests.billing.world import NOON

    community = closed()
    november = community.period(date(2026, 11, 1))
    community.line("L4", 128_000, community.desk, period=november, corrects=community.october)
    corrections.correct(community.october, reason="Glemt bilag", by=community.lone)
    community.lines(november, prefix="11")
    periods.calculate(november, by=community.lone, at=NOON)
    statement = statements.read(community.egedal, november.month)

    draft = drafts.of_month(community.egedal, november.month)

    carried = [(line.text, line.amount_ore) for line in draft.lines if "oktober 2026" in line.text]
    assert ("Korrektion af oktober 2026: Desk", 42_000) in carried
    assert draft.amount_ore == statement.payable_ore
