import gettext

import pytest
from babel.messages.catalog import Catalog

from servicecenter.local import translations

PAGE = """{% load i18n %}
<h1>{% translate "Tickets" %}</h1>
    <p>{% blocktranslate count n=n trimmed %}
      One ticket waits.
    {% plural %}
      {{ n }} tickets wait.
    {% endblocktranslate %}</p>
  <p>{% translate "Open" context "ticket status" %}</p>
"""
CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy
TITLE = _("The " "desk")
COUNT = ngettext("%(n)s day", "%(n)s days", 2)
STATUS = pgettext_lazy("ticket status", "Closed")
"""


@pytest.fixture
def code(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    (tmp_path / "tickets" / "migrations").mkdir(parents=True)
    (tmp_path / "tickets" / "models.py").write_text(CODE)
    (tmp_path / "tickets" / "migrations" / "0001.py").write_text("_('not for people')")
    return translations.strings_of_the_code(tmp_path)


def catalogue(*messages):
    result = Catalog(locale="da")
    for message_id, danish, *options in messages:
        result.add(message_id, danish, **(options[0] if options else {}))
    return result


def test_strings_are_found_in_code_and_in_pages(code):
    assert {(message.context, message.id) for message in code if message.id} == {
        (None, "Tickets"),
        (None, ("One ticket waits.", "%(n)s tickets wait.")),
        ("ticket status", "Open"),
        (None, "The desk"),
        (None, ("%(n)s day", "%(n)s days")),
        ("ticket status", "Closed"),
    }
    assert code.get("Open", "ticket status").locations == [("templates/page.html", 8)]


def test_an_update_keeps_the_danish_takes_pieces_and_drops_what_no_code_uses(code):
    known = catalogue(("Tickets", "Sager"), ("Gone", "Væk"))
    piece = catalogue(("Tickets", "Billetter"), ("Open", "Åben", {"context": "ticket status"}))

    result = translations.updated(known, code, [piece])

    assert result.get("Tickets").string == "Sager"
    assert result.get("Open", "ticket status").string == "Åben"
    assert result.get("Gone") is None
    assert not translations.is_translated(result.get("The desk"))


def test_what_is_written_is_read_back_and_the_second_writing_changes_no_byte(code, tmp_path):
    path = tmp_path / "django.po"
    translations.write(translations.updated(catalogue(("Tickets", "Sager")), code), path)
    first = path.read_bytes()

    translations.write(translations.updated(translations.read(path), code), path)

    assert path.read_bytes() == first
    assert b"POT-Creation-Date" not in first


def test_a_complete_catalogue_has_no_faults(code):
    known = translations.updated(catalogue(), code)
    for message in known:
        if message.id:
            message.string = message.id

    assert list(translations.faults_of(known, code)) == []


@pytest.mark.parametrize(
    ("known", "fault"),
    [
        (catalogue(), "tickets/models.py:3: missing in the catalogue: 'The desk'"),
        (catalogue(("The desk", "")), "tickets/models.py:3: untranslated: 'The desk'"),
        (catalogue(("The desk", "Disken", {"flags": ["fuzzy"]})), "tickets/models.py:3: fuzzy: 'The desk'"),
        (catalogue(("Gone", "Væk")), "django.po: no longer used: 'Gone'"),
        (catalogue((("%(n)s day", "%(n)s days"), ("%(n)s dag", ""))), "tickets/models.py:4: untranslated: '%(n)s day'"),
    ],
)
def test_every_kind_of_fault_is_told_with_its_place(code, known, fault):
    assert any(fault in line for line in translations.faults_of(known, code))


@pytest.mark.parametrize(
    ("english", "danish", "faults"),
    [
        ("%(n)s tickets", "Mange sager", 1),
        ("%(n)s tickets", "%(m)s sager", 1),
        ("{n} tickets", "{m} sager", 1),
        ("%(n)s of %(m)s", "%(n)s af %(m)s", 0),
        (("%(n)s day", "%(n)s days"), ("én dag", "%(n)s dage"), 0),
        (("%(n)s day", "%(n)s days"), ("én dag", "%(m)s dage"), 1),
    ],
)
def test_danish_has_the_placeholders_of_english(english, danish, faults):
    known = catalogue((english, danish))

    assert len(list(translations.faults_of(known, known))) == faults


def test_the_compiled_catalogue_is_what_django_reads(tmp_path):
    known = catalogue(
        ("Tickets", "Sager"),
        ("Open", "Åben", {"context": "ticket status"}),
        ("Not sure", "Måske", {"flags": ["fuzzy"]}),
    )

    translations.compile_catalogue(known, tmp_path / "django.mo")

    with (tmp_path / "django.mo").open("rb") as file:
        danish = gettext.GNUTranslations(file)
    assert danish.gettext("Tickets") == "Sager"
    assert danish.pgettext("ticket status", "Open") == "Åben"
    assert danish.gettext("Not sure") == "Not sure"
