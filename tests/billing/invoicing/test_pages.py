"""The pages of invoices: who sees what, issuing by hand, downloads, and details edited by a municipality itself."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.invoicing import drafts, issuing
from billing.models import AccountString, Invoice, InvoiceParty
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from tests.billing.invoicing.community import AT, OCTOBER, Community
from tests.factories import make_director

pytestmark = pytest.mark.django_db


@pytest.fixture
def community():
    found = Community()
    found.close_october()
    return found


def issue(community, member):
    return issuing.issue(drafts.of_month(member, OCTOBER), by=community.lone, at=AT)


def page(client, person, name, *args, status=200):
    client.force_login(person)
    response = client.get(reverse(f"billing:{name}", args=args))
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_finance_officer_looks_and_issues(client, community):
    html = page(client, community.lone, "invoice_draft", "2026-10", "egedal")
    assert "628.553,58" in html
    assert "785.691,98" in html  # with VAT

    response = client.post(reverse("billing:invoice_draft", args=["2026-10", "egedal"]), follow=True)

    invoice = Invoice.objects.get()
    assert response.redirect_chain == [(f"/ledelse/faktura/{invoice.code}/", 302)]
    assert "785.691,98" in response.content.decode()
    assert invoice.issued_by == community.lone


def test_the_list_shows_what_waits_and_what_is_issued(client, community):
    issue(community, community.egedal)

    html = page(client, community.lone, "invoices")

    assert "2026-00001" in html
    assert reverse("billing:invoice_draft", args=["2026-10", "ballerup"]) in html
    assert reverse("billing:invoice_draft", args=["2026-10", "egedal"]) not in html


def test_a_municipality_sees_its_own_invoices_only(client, community):
    own, other = issue(community, community.egedal), issue(community, community.ballerup)

    html = page(client, community.clerk, "invoices")

    assert own.code in html
    assert other.code not in html
    page(client, community.clerk, "invoice", own.code)
    page(client, community.clerk, "invoice", other.code, status=404)
    page(client, make_director(community.ballerup), "invoice", own.code, status=404)


def test_a_municipality_issues_and_sends_nothing(client, community):
    invoice = issue(community, community.egedal)
    client.force_login(community.clerk)

    for name, args in (
        ("invoice_draft", ["2026-10", "egedal"]),
        ("invoice_credit", [invoice.code]),
        ("invoice_dispatch", [invoice.code]),
    ):
        assert (
            client.post(reverse(f"billing:{name}", args=args), {"reason": "x", "format": "oioubl"}).status_code == 404
        )


@pytest.mark.parametrize("file_format", ["oioubl", "peppol"])
def test_a_file_is_downloaded_as_it_was_written_and_that_is_recorded(client, community, file_format):
    invoice = issue(community, community.egedal)
    client.force_login(community.clerk)

    response = client.get(reverse("billing:invoice_file", args=[invoice.code, file_format]))

    assert response.content.decode() == invoice.files.get(format=file_format).content
    assert response["Content-Disposition"] == f'attachment; filename="faktura-2026-00001-{file_format}.xml"'
    assert AuditEntry.objects.get(action="invoice_downloaded").actor == community.clerk


def test_what_is_missing_keeps_the_button_away_and_links_to_its_page(client, community):
    Municipality.objects.filter(pk=community.egedal.pk).update(gln="")

    html = page(client, community.lone, "invoice_draft", "2026-10", "egedal")
    response = client.post(reverse("billing:invoice_draft", args=["2026-10", "egedal"]))

    assert 'href="/ledelse/faktura/oplysninger/egedal/"' in html
    assert response.status_code == 200
    assert not Invoice.objects.exists()


def test_an_invoice_is_given_back_from_its_page(client, community):
    invoice = issue(community, community.egedal)
    client.force_login(community.lone)

    client.post(reverse("billing:invoice_credit", args=[invoice.code]), {"reason": "Forkert GLN"})

    note = Invoice.objects.get(is_credit=True)
    assert (note.preceding, note.note) == (invoice, "Forkert GLN")


DETAILS = {
    "cvr": "29188386", "gln": "5790002400001", "street": "Nyvej 1", "post_code": "3650", "city": "Ølstykke",
    "reference": "JLUN1", "strings-all_string": "0064552010047000", "strings-all_art": "4.7",
    "strings-desk_string": "0064552010047001", "strings-desk_art": "4.9",
}  # fmt: skip


def test_a_municipality_edits_its_own_details(client, community):
    client.force_login(community.clerk)

    response = client.post(reverse("billing:invoice_details", args=["egedal"]), DETAILS)

    assert response.status_code == 302
    party = InvoiceParty.objects.get(municipality=community.egedal)
    assert (party.street, party.reference) == ("Nyvej 1", "JLUN1")
    strings = AccountString.objects.filter(municipality=community.egedal).values_list("pool__code", "art")
    assert dict(strings) == {None: "4.7", "desk": "4.9"}
    assert AuditEntry.objects.get(action="invoice_details_changed").actor == community.clerk


@pytest.mark.parametrize(
    ("field", "value"),
    [("gln", "5790002400002"), ("gln", "57900"), ("cvr", "12345678"), ("post_code", "36"), ("reference", ""),
     ("strings-all_art", ""), ("strings-all_string", "12"), ("strings-desk_art", "47")],
)  # fmt: skip
def test_wrong_details_are_refused_and_nothing_is_stored(client, community, field, value):
    client.force_login(community.clerk)

    response = client.post(reverse("billing:invoice_details", args=["egedal"]), DETAILS | {field: value})

    assert response.status_code == 422
    assert InvoiceParty.objects.get(municipality=community.egedal).street == "Rådhustorvet 1"
    assert Municipality.objects.get(pk=community.egedal.pk).gln == "5790002400001"


def test_nobody_edits_the_details_of_another(client, community):
    client.force_login(community.clerk)
    for slug in ("ballerup", "driften"):
        assert client.get(reverse("billing:invoice_details", args=[slug])).status_code == 404
    client.force_login(make_director(community.egedal))
    assert client.get(reverse("billing:invoice_details", args=["egedal"])).status_code == 404


def test_the_centre_says_how_it_stands_to_vat(client, community):
    from municipalities import roles

    roles.give(community.lone, "finance", municipalities=[community.operator])
    client.force_login(community.lone)
    details = {
        "cvr": "12345674", "gln": "", "vat_mode": "exempt_group", "vat_basis": "", "street": "Hold-an Vej 7",
        "post_code": "2750", "city": "Ballerup", "reference": "Økonomi", "contact_name": "Birgit",
        "contact_phone": "72354000", "contact_email": "b@fsd.example", "bank_registration": "0216",
        "bank_account": "4069123456", "payment_days": "30",
    }  # fmt: skip

    refused = client.post(reverse("billing:invoice_details", args=["driften"]), details)
    stored = client.post(
        reverse("billing:invoice_details", args=["driften"]), details | {"vat_basis": "Momsloven § 13, stk. 1, nr. 19"}
    )

    assert (refused.status_code, stored.status_code) == (422, 302)
    community.operator.refresh_from_db()
    assert community.operator.vat_mode == "exempt_group"


@pytest.mark.parametrize(
    ("name", "args"),
    [("invoices", []), ("invoice", ["2026-00001"]), ("invoice_draft", ["2026-10", "ballerup"]),
     ("invoice_details", ["egedal"])],
)  # fmt: skip
def test_a_page_of_invoices_takes_few_queries(client, community, name, args):
    for member in (community.egedal, community.furesoe):
        issue(community, member)
    client.force_login(community.lone)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"billing:{name}", args=args)).status_code == 200

    reads = [q["sql"] for q in queries if q["sql"].startswith("SELECT") and "set_config" not in q["sql"]]
    assert len(reads) <= (25 if name == "invoice_draft" else 14), "\n".join(reads)


def test_an_instalment_is_invoiced_and_the_settlement_takes_it_off(client, community):
    community.plan(2026)
    html = page(client, community.lone, "invoices")
    assert "2.500,00" in html

    client.post(reverse("billing:invoice_instalment", args=["2026-10", "egedal"]))

    invoice = Invoice.objects.get()
    assert (invoice.kind, invoice.net_ore, invoice.period) == ("on_account", 250_000, community.october)
    assert "2.500,00" not in page(client, community.lone, "invoices").split("Udstedt")[0]
    assert issue(community, community.egedal).net_ore == 62_855_358 - 250_000
