import pytest
from django.template.loader import get_template, render_to_string
from django.utils import translation

PAGES = ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"]


@pytest.mark.parametrize("page", PAGES)
def test_an_error_page_needs_nothing_but_itself(page):
    """Django renders 500.html without a request; the others may come before anything is known of the reader."""
    markup = get_template(page).render()
    assert markup.count("<h1>") == 1
    assert 'id="main-content"' in markup


def test_a_broken_rule_is_told_with_its_words_escaped():
    markup = render_to_string("rule_broken.html", {"message": "Not <now>"})
    assert "Not &lt;now&gt;" in markup


@pytest.mark.parametrize(
    "layout", ["base.html", "portal.html", "console.html", "report.html", "simple.html", "problem.html"]
)
def test_a_layout_keeps_to_the_strict_policy(layout):
    markup = render_to_string(layout, {})
    assert " style=" not in markup
    assert "<style" not in markup
    assert "<script>" not in markup
    assert " onclick=" not in markup


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_page_says_its_language(language):
    with translation.override(language):
        assert f'<html lang="{language}">' in render_to_string("simple.html", {})
