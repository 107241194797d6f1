import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import ResolverMatch
from django.utils import translation

from servicecenter.ui import looks
from tickets.status import Status


@dataclass
class Place:
    name: str
    colour: str = "#1a7a86"


@dataclass
class Somebody:
    name: str
    initials: str = ""


def render(source, language="en", **context):
    with translation.override(language):
        return Template("{% load ui %}" + source).render(Context(context))


def text_of(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", markup)).strip()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 202028886|amount }}", "2,020,288.86"),
        ("{{ 5637245|signed_money }}", "DKK\N{NO-BREAK SPACE}+56,372.45"),
        ("{{ 0.3106|percent }}", "31.06%"),
        ("{{ 0.3106|percent:0 }}", "31%"),
        ("{{ nothing|money }}", "–"),
        ("{{ nothing|instant:now }}", "–"),
        ("{{ names|dotted }}", "Nordby · Sydby"),
        ("{{ names|listed }}", "Nordby and Sydby"),
        ("{{ one|listed }}", "Nordby"),
        ("{{ none|listed }}", ""),
        ("{{ path|department }}", "Skoler › Nordby Skole"),
        ("{{ nothing|department }}", ""),
    ],
)
def test_filters_write_the_house_format(source, expected):
    context = {"nothing": None, "now": None, "names": ["Nordby", "Sydby"], "one": ["Nordby"], "none": []}
    context["path"] = "Nordby Kommune|Skoler|Nordby Skole"
    assert render(source, **context) == expected


def test_an_icon_is_decoration_until_it_has_a_label():
    assert 'aria-hidden="true"' in render('{% icon "lock" %}')
    assert 'role="img" aria-label="Remove &lt;"' in render('{% icon "close" 16 label %}', label="Remove <")


@pytest.mark.parametrize("status", Status.values)
def test_every_status_has_an_icon_and_words_for_agent_and_requester(status):
    for table in (looks.AGENT_STATUSES, looks.REQUESTER_STATUSES):
        assert table[status].icon
        assert str(table[status].text)


def test_an_agent_reads_a_status_as_the_desk_names_it():
    for status in Status:
        assert str(looks.AGENT_STATUSES[status.value].text) == str(status.label)


@pytest.mark.parametrize(
    ("source", "tone", "words"),
    [
        ('{% sla_chip "ok" 130 %}', "ok", "2 h 10 left"),
        ('{% sla_chip "warn" 42 %}', "warn", "42 min left"),
        ('{% sla_chip "warn" 42 resolves=True %}', "warn", "Due in 42 min"),
        ('{% sla_chip "err" 72 %}', "err", "Overdue 1 h 12"),
        ('{% sla_chip "pause" 72 %}', "pause", "Paused"),
        ('{% sla_chip "met" %}', "met", "Met"),
        ('{% sla_chip "missed" %}', "err", "Missed"),
        ("{% sla_chip nothing %}", "pause", "–"),
    ],
)
def test_a_clock_says_its_state_in_words(source, tone, words):
    markup = render(source, nothing=None)
    assert f'class="sd-sla sd-sla-{tone}"' in markup
    assert text_of(markup) == words


@pytest.mark.parametrize(("level", "lit", "word"), [(1, 5, "critical"), (3, 3, "normal"), (5, 1, "can wait")])
def test_priority_lights_as_many_bars_as_it_is_urgent(level, lit, word):
    markup = render("{% priority level %}", level=level)
    assert markup.count('class="on"') == lit
    assert markup.count("<rect") == 5
    assert text_of(markup) == f"P{level} {word}"


def test_a_swatch_never_stands_without_its_name():
    markup = render("{% municipality place %}", place=Place("Nordby Kommune"))
    assert 'fill="#1a7a86"' in markup
    assert text_of(markup) == "Nordby"


def test_a_stray_colour_never_reaches_the_markup():
    assert 'fill="#8e8e8e"' in render("{% swatch place %}", place=Place("Nordby", '"><script>'))


@pytest.mark.parametrize(("colour", "shade"), [("#17406d", "light"), ("#bc8734", "dark")])
def test_a_monogram_stays_readable_on_its_colour(colour, shade):
    markup = render("{% monogram place %}", place=Place("Nordby", colour))
    assert f"sd-mono-{shade}" in markup


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Somebody("Mette Holm Kristensen"), "MK"),
        (Somebody("Øjvind"), "Ø"),
        (Somebody("Sara Lindqvist", "SLI"), "SLI"),
        (Somebody(""), ""),
    ],
)
def test_initials_are_of_first_and_last_name(person, expected):
    assert render("{{ person|initials }}", person=person) == expected


def test_a_time_can_be_read_by_machines_too():
    moment = datetime(2026, 11, 23, 7, 47, tzinfo=UTC)
    assert render("{% time_element moment moment %}", moment=moment) == (
        '<time datetime="2026-11-23T07:47:00+00:00">today at 08:47</time>'
    )


def test_a_menu_hides_what_is_not_built():
    assert render('{% menu_entry "tickets:no_such_page" "Nothing" %}').strip() == ""


@pytest.mark.parametrize(("view_name", "is_current"), [("set_language", True), ("other", True), ("third", False)])
def test_a_menu_marks_the_page_you_are_on(view_name, is_current):
    request = RequestFactory().get("/")
    request.resolver_match = ResolverMatch(lambda: None, (), {}, url_name=view_name)
    markup = render('{% menu_entry "set_language" "Language" "other more" %}', request=request)
    assert ('aria-current="page"' in markup) is is_current


class Complaint(forms.Form):
    subject = forms.CharField(label="Subject", help_text="Short")
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"class": "own"}), required=False)
    who = forms.ChoiceField(label="Who", widget=forms.RadioSelect, choices=[("me", "Me"), ("all", "All")])
    copy = forms.BooleanField(label="Copy", required=False)
    place = forms.ChoiceField(label="Place", choices=[("n", "Nordby")])
    picture = forms.FileField(label="Picture", required=False)

    who.choice_hints = {"all": "We stand <still>"}


def test_a_field_with_an_error_tells_what_is_wrong_and_is_described_by_it():
    markup = render("{% form_row form.subject %}", form=Complaint({}))
    assert '<label class="form-label" for="id_subject">Subject' in markup
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in markup
    assert 'aria-invalid="true"' in markup
    assert 'id="id_subject_helptext"' in markup
    assert 'id="id_subject_error"' in markup
    assert "This field is required." in markup


def test_a_widget_keeps_its_own_class_and_gets_ours():
    markup = render('{% form_row form.text width="m" rows=7 %}', form=Complaint())
    assert 'class="own form-input input-width-m"' in markup
    assert 'rows="7"' in markup
    assert "(optional)" in markup


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("place", 'class="form-select"'),
        ("copy", 'class="form-checkbox"'),
        ("picture", "data-drop"),
        ("who", 'class="form-radio"'),
    ],
)
def test_every_kind_of_field_has_its_look(name, expected):
    assert expected in render("{% form_row field %}", field=Complaint()[name])


def test_choice_cards_keep_the_choice_and_escape_the_hint():
    markup = render("{% form_row form.who cards=True %}", form=Complaint({"who": "all"}))
    assert '<input type="radio" id="id_who_1" name="who" value="all" checked required>' in markup
    assert "<small>We stand &lt;still&gt;</small>" in markup
    assert "<legend" in markup


def test_the_summary_links_to_each_field_that_must_be_mended():
    markup = render("{% error_summary form %}", form=Complaint({"place": "n"}))
    assert re.findall(r'href="(#\w+)"', markup) == ["#id_subject", "#id_who_0"]


def test_a_form_without_errors_has_no_summary():
    assert render("{% error_summary form %}", form=Complaint()).strip() == ""
