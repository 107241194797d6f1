"""Invoices that nobody thought of: each passes the schema and every rule, or is refused for a cause that is told."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from billing.invoicing import issuing, oioubl, peppol, rules
from billing.invoicing.document import Line, Party, Reference, with_vat
from billing.invoicing.rules import Mend
from billing.invoicing.vat import treatment_of
from tests.billing.invoicing import coverage, official
from tests.billing.invoicing.test_formats import BUYER, MODES, SELLER, document

NAMESPACES = rules.NAMESPACES
WRITERS = {"oioubl": oioubl.write, "peppol": peppol.write}
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100).filter(str.strip)
ore = st.one_of(st.integers(-20, 20), st.integers(-10_000_000_000, 10_000_000_000), st.sampled_from([1, 2, 3, -1, -2]))
maybe = st.one_of(st.just(""), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
days = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@st.composite
def documents(draw):
    treatment = treatment_of(draw(st.sampled_from(MODES)), "Momsloven § 13, stk. 1, nr. 19")
    amounts = draw(st.lists(ore, min_size=1, max_size=12).filter(any))
    is_credit = sum(amounts) < 0
    sign = -1 if is_credit else 1
    lines = [
        Line(draw(texts), sign * amount, 0, draw(maybe), draw(st.sampled_from(["", "0064552010047000"])))
        for amount in amounts
    ]
    first = draw(days)
    return document(
        is_credit=is_credit, lines=lines, treatment=treatment, first_day=first, note=draw(maybe),
        last_day=first + timedelta(days=draw(st.integers(0, 400))), issued_on=first, due_on=first,
        order_reference=draw(maybe), account_string=draw(st.sampled_from(["", "006455"])),
        preceding=draw(st.sampled_from([(), (Reference("2026-00007", date(2026, 1, 9)),)])),
        buyer=Party(
            draw(texts), "29188386", BUYER.address, BUYER.gln, draw(texts), draw(maybe), draw(maybe), draw(maybe)
        ),
        seller=Party(draw(texts), "12345674", SELLER.address, "", draw(maybe), draw(maybe), draw(maybe), draw(maybe)),
    )  # fmt: skip


@SLOW
@given(documents())
def test_a_generated_file_passes_everything_or_is_refused_with_what_to_do(made):
    for file_format, write in WRITERS.items():
        content = write(made)
        broken = rules.broken(content, file_format)
        if broken:
            assert Mend.PROGRAM not in rules.causes(broken), broken
            assert str(next(iter(rules.causes(broken))).sentence) in issuing.refusal(broken)
        else:
            assert official.schema_faults(content) == []
            if file_format == "peppol":
                assert official.peppol_faults(content) == []


@SLOW
@given(documents())
def test_a_generated_file_says_the_amounts_to_the_ore(made):
    for write in WRITERS.values():
        content = write(made)
        assert official.payable(content) == made.net_ore + made.vat_ore
        assert official.sum_of_lines(content) == made.net_ore
        assert official.line_amounts(content) == [line.net_ore for line in made.lines]


@SLOW
@given(documents())
def test_no_file_has_an_element_of_which_the_table_says_that_it_is_never_written(made):
    root = etree.fromstring(oioubl.write(made))

    found = [path for path in coverage.never_written() if root.xpath(path, namespaces=NAMESPACES)]
    assert found == []


@given(st.lists(ore, min_size=1, max_size=30))
@example([3, 3, 3, 1000])
@example([2, 2, -1, -1])
def test_the_vat_of_lines_adds_up_and_a_line_that_must_show_vat_shows_it_where_any_can_give(amounts):
    treatment = treatment_of("taxable")
    lines = with_vat([Line("x", amount) for amount in amounts], treatment)

    assert sum(line.vat_ore for line in lines) == document(lines=[Line("x", amount) for amount in amounts]).vat_ore
    tiny = [line for line in lines if line.net_ore >= 2 and line.vat_ore < 1]
    if any(amount >= 1000 for amount in amounts):
        assert tiny == []


def test_an_invoice_of_nothing_but_tiny_lines_is_refused_with_what_to_do():
    made = document(lines=[Line("En post", 3) for _place in range(3)])

    broken = rules.broken(oioubl.write(made), "oioubl")

    assert [one.id for one in broken] == ["F-LIB381"]
    assert list(rules.causes(broken)) == [Mend.SMALL]


def test_what_xml_cannot_hold_becomes_a_space():
    made = document(lines=[Line("Drift\x0b og\x00 support￾", 100)], note="A\x1bB")

    for file_format, write in WRITERS.items():
        content = write(made)
        assert b"Drift  og  support" in content
        assert rules.broken(content, file_format) == []


@pytest.mark.parametrize("ore_in_all", [10**12, -(10**12)])
def test_an_amount_that_the_networks_would_add_up_wrong_is_refused(ore_in_all):
    made = document(lines=[Line("Alt", abs(ore_in_all))], is_credit=ore_in_all < 0)

    assert list(rules.causes(rules.broken(oioubl.write(made), "oioubl"))) == [Mend.LARGE]


def test_the_table_in_the_documents_is_that_of_the_rules():
    kept = coverage.DOCUMENT.read_text(encoding="utf-8")

    assert kept == coverage.page(kept), "run python -m tests.billing.invoicing.coverage"


def test_no_rule_is_both_checked_and_said_to_be_out_of_reach():
    checked = {number for rule_set in rules.RULE_SETS["oioubl"] for rule in rule_set.rules for number in rule.ids}
    never = [number for ids in coverage.never_written().values() for number in ids]

    assert len(never) == len(set(never))
    assert checked.isdisjoint(never)
