"""Mirrored pairs, the reconciliation of a month, and posting files in the form that each municipality chose."""

import pytest
from django.urls import reverse

from billing.invoicing import drafts, issuing
from billing.models import AccountString, PostingLayout
from billing.postings import layouts, pairs
from tests.billing.invoicing.community import AT, OCTOBER, Community
from tests.factories import make_director

pytestmark = pytest.mark.django_db


@pytest.fixture
def community():
    found = Community()
    AccountString.objects.create(municipality=found.operator, account_string="0064552010077000", art="7.7")
    found.close_october()
    for member in found.members:
        issuing.issue(drafts.of_month(member, OCTOBER), by=found.lone, at=AT)
    return found


def reconciled(community, amounts=None):
    asked = amounts or {community.ballerup.pk: 751_449, community.furesoe.pk: 595_594, community.egedal.pk: 62_855_358}
    return pairs.reconcile(community.october, community.members, asked)


def test_each_line_is_booked_by_payer_and_receiver_and_adds_up_to_nothing(community):
    egedal = reconciled(community)[2]

    assert [(p.payer.art, p.receiver.art, p.payer.amount_ore, p.receiver.amount_ore) for p in egedal.pairs] == [
        ("4.7", "7.7", 651_186, -651_186), ("4.7", "7.7", 3_333, -3_333),
        ("4.7", "7.7", 61_874_500, -61_874_500), ("4.7", "7.7", 326_339, -326_339),
    ]  # fmt: skip
    assert all(pair.balances for pair in egedal.pairs)
    assert {(pair.payer.counterpart_cvr, pair.receiver.counterpart_cvr) for pair in egedal.pairs} == {
        ("12345674", "29188386")
    }


def test_a_month_balances_when_statement_invoice_and_both_sides_agree(community):
    rows = reconciled(community)

    assert [(row.statement_ore, row.invoiced_ore, row.payer_ore, row.receiver_ore) for row in rows] == [
        (751_449, 751_449, 751_449, -751_449), (595_594, 595_594, 595_594, -595_594),
        (62_855_358, 62_855_358, 62_855_358, -62_855_358),
    ]  # fmt: skip
    assert all(row.is_clean for row in rows)


def test_a_credit_note_turns_both_sides(community):
    invoice = community.egedal and issuing.Invoice.objects.get(municipality=community.egedal)
    issuing.credit(invoice, by=community.lone, reason="Forkert", at=AT)

    egedal = reconciled(community)[2]

    assert (egedal.invoiced_ore, egedal.payer_ore, egedal.receiver_ore) == (0, 0, 0)
    assert not egedal.is_clean  # the statement still asks for it


@pytest.mark.parametrize(
    ("payer", "receiver", "is_mirrored"),
    [("4.7", "7.7", True), ("4.6", "7.6", True), ("4.7", "7.6", False), ("4.7", "4.7", False), ("4.9", "7.9", True),
     ("2.3", "7.7", False), ("4.8", "7.7", False)],
)  # fmt: skip
def test_arts_are_a_mirror_of_each_other(community, payer, receiver, is_mirrored):
    (pair, *_rest) = reconciled(community)[2].pairs
    from dataclasses import replace

    found = pairs.Pair(replace(pair.payer, art=payer), replace(pair.receiver, art=receiver))

    assert found.is_mirrored == is_mirrored


def test_a_posting_without_account_string_is_counted():
    community = Community()
    community.close_october()
    AccountString.objects.all().delete()
    issuing.issue(drafts.of_month(community.egedal, OCTOBER), by=community.lone, at=AT)

    assert pairs.reconcile(community.october, [community.egedal], {})[0].lacking == 8


def file_of(client, person, slug):
    client.force_login(person)
    return client.get(reverse("billing:posting_file", args=["2026-10", slug]))


def test_the_usual_file_opens_in_a_spreadsheet(client, community):
    response = file_of(client, community.clerk, "egedal")

    rows = response.content.decode("utf-8-sig").split("\r\n")
    assert response["Content-Disposition"] == 'attachment; filename="posteringer-2026-10-egedal.csv"'
    assert rows[0].split(";")[:3] == ["Bilagsnr.", "Bogført", "Periode"]
    assert rows[1] == "2026-00003;10.11.2026;2026-10;0064552010047000;4.7;6511,86;Desk;1627,97;12345674"
    assert len(rows) == 6


def test_columns_and_form_are_each_municipalitys_own(client, community):
    client.force_login(community.clerk)
    places = {"place_account_string": 1, "place_amount_unsigned": 3, "place_sign": 2, "place_text": 4}
    response = client.post(
        reverse("billing:posting_layout", args=["egedal"]), {"kind": "fixed", "encoding": "iso-8859-1", **places}
    )
    assert response.status_code == 302

    content = file_of(client, community.clerk, "egedal").content.decode("iso-8859-1")

    first = content.split("\r\n")[0]
    assert first == "0064552010047000" + "D" + "        6511,86" + "Desk".ljust(40)
    assert PostingLayout.objects.get().columns == ["account_string", "sign", "amount_unsigned", "text"]


@pytest.mark.parametrize("places", [{}, {"place_art": 1, "place_text": 1}, {"place_art": 0}])
def test_a_file_without_columns_or_with_two_in_one_place_is_refused(client, community, places):
    client.force_login(community.clerk)

    response = client.post(
        reverse("billing:posting_layout", args=["egedal"]), {"kind": "fixed", "encoding": "utf-8", **places}
    )

    assert response.status_code == 422
    assert not PostingLayout.objects.exists()


def test_an_amount_that_does_not_fit_is_never_cut(community):
    posting = reconciled(community)[2].pairs[0].payer
    from dataclasses import replace

    layout = PostingLayout(kind="fixed", columns=["amount"], has_heading=False, encoding="utf-8")

    with pytest.raises(ValueError, match="does not fit"):
        layouts.write([replace(posting, amount_ore=10**17)], layout)


def test_the_centres_file_holds_its_side_of_every_pair(client, community):
    content = file_of(client, community.lone, "driften").content.decode("utf-8-sig")

    amounts = [row.split(";")[5] for row in content.split("\r\n")[1:-1]]
    assert len(amounts) == 10  # Ballerup and Furesø have no Nexus
    assert sum(int(amount.replace(",", "")) for amount in amounts) == -64_202_401


def test_nobody_gets_the_file_of_another(client, community):
    assert file_of(client, community.clerk, "ballerup").status_code == 404
    assert file_of(client, community.clerk, "driften").status_code == 404
    assert file_of(client, make_director(community.furesoe), "egedal").status_code == 404


def test_the_page_shows_the_verdict_and_only_what_one_may_read(client, community):
    client.force_login(community.lone)
    everything = client.get(reverse("billing:postings", args=["2026-10"])).content.decode()
    client.force_login(community.clerk)
    own = client.get(reverse("billing:postings", args=["2026-10"])).content.decode()

    assert everything.count("Stemmer") == 3
    assert "2026-00001" in everything
    assert "2026-00001" not in own
    assert "2026-00003" in own
