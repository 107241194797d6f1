"""The rules in the product: on the draft's page, when it is issued and when it leaves, told so that it is mended."""

import hashlib

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from billing import statements
from billing.invoicing import dispatching, drafts, issuing, mailing, rules
from billing.models import Invoice, InvoiceDispatch, InvoiceParty, InvoiceSeries
from municipalities.models import Municipality
from servicecenter.outbox.models import Mail
from tests.billing.invoicing import official
from tests.billing.invoicing.community import AT, OCTOBER, Community

pytestmark = pytest.mark.django_db

# What a person can enter that our own forms let through and a network would not, and the rules that say so.
DAMAGE = [
    (lambda c: InvoiceParty.objects.filter(municipality=c.egedal).update(reference=" "), {"F-INV051"}, "egedal"),
    (lambda c: Municipality.objects.filter(pk=c.egedal.pk).update(name=" "), {"F-LIB022", "BR-07"}, "egedal"),
    (lambda c: InvoiceParty.objects.filter(municipality=c.operator).update(city="\x1b"), {"SC-004"}, "driften"),
]


def closed():
    community = Community()
    community.close_october()
    return community


def a_newer_release(monkeypatch):
    """A release of the rules that no file of ours meets."""
    rule = rules.Rule("F-NEW001", "Nothing is right any more.", ".", "false()")
    for file_format in ("oioubl", "peppol"):
        monkeypatch.setitem(rules.RULE_SETS, file_format, (rules.RuleSet("New", "9", (rule,)),))


@pytest.mark.parametrize(("damage", "ids", "slug"), DAMAGE, ids=["reference", "name", "address"])
def test_what_a_network_would_turn_away_is_refused_with_what_to_do(damage, ids, slug, client):
    community = closed()
    damage(community)
    community.egedal.refresh_from_db()
    draft = drafts.of_month(community.egedal, OCTOBER)

    refusal = pytest.raises(issuing.FileRefused, match="Se efter")
    with translation.override("da"), refusal as refused, transaction.atomic():
        issuing.issue(draft, by=community.lone, at=AT)

    assert ids <= {one.id for one in refused.value.broken}
    assert not Invoice.objects.exists()
    assert not InvoiceSeries.objects.exclude(last_number=0).exists()
    client.force_login(community.lone)
    html = client.get(reverse("billing:invoice_draft", args=["2026-10", "egedal"])).content.decode()
    assert next(iter(ids)) in html
    assert reverse("billing:invoice_details", args=[slug]) in html
    assert "Udsted fakturaen" not in html


def test_a_draft_that_is_right_has_no_faults_and_nothing_is_stored_by_asking():
    community = closed()

    assert issuing.faults(drafts.of_month(community.egedal, OCTOBER), at=AT) == []
    assert not Invoice.objects.exists()
    assert not InvoiceSeries.objects.exists()


def test_a_draft_of_nothing_but_tiny_lines_is_told_before_it_is_issued():
    community = closed()
    lines = [drafts.DraftLine("Småting", 3) for _place in range(3)]
    draft = drafts.of_amount(
        community.egedal, kind="capacity", source="capacity/2026-10", first_day=OCTOBER, last_day=OCTOBER, lines=lines
    )

    assert [one.id for one in issuing.faults(draft, at=AT)] == ["F-LIB381"]
    with translation.override("da"), pytest.raises(issuing.FileRefused, match="få øre"):
        issuing.issue(draft, by=community.lone, at=AT)


def test_a_file_is_asked_again_before_it_leaves(monkeypatch, settings, tmp_path):
    settings.ACCESS_POINT_FOLDER = str(tmp_path)
    community = closed()
    invoice = issuing.issue(drafts.of_month(community.egedal, OCTOBER), by=community.lone, at=AT)
    a_newer_release(monkeypatch)

    with pytest.raises(dispatching.RulesMovedOn, match="F-NEW001"):
        dispatching.send(invoice, file_format="oioubl", by=community.lone, at=AT)
    with pytest.raises(dispatching.RulesMovedOn, match="F-NEW001"):
        mailing.send(invoice, by=community.lone, at=AT)
    assert not InvoiceDispatch.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize("mode", ["taxable", "exempt_group", "outside_scope"])
def test_each_municipality_s_files_say_the_statement_to_the_ore_and_pass_everything(mode):
    community = Community(vat_mode=mode, vat_basis="Momsloven § 13, stk. 1, nr. 19")
    community.close_october()

    for member in community.members:
        invoice = issuing.issue(drafts.of_month(member, OCTOBER), by=community.lone, at=timezone.now())
        statement = statements.read(member, OCTOBER)
        for file in invoice.files.all():
            content = file.content.encode()
            assert rules.broken(content, file.format) == []
            assert official.schema_faults(content) == []
            assert official.line_amounts(content) == [row.amount_ore for row in statement.rows if row.amount_ore]
            assert official.sum_of_lines(content) == statement.amount_ore
            assert official.payable(content) == statement.amount_ore + invoice.vat_ore
            assert file.sha256 == hashlib.sha256(content).hexdigest()
        assert official.peppol_faults(invoice.files.get(format="peppol").content.encode()) == []
