import pytest

WIDTH = "() => document.querySelector('span').getBoundingClientRect().width"


@pytest.mark.parametrize("text", ["Servicecenter", "Rødgrød på Ærø"])
def test_text_has_a_width(page, text):
    page.set_content(f"<span style='font: 20px sans-serif'>{text}</span>")

    assert page.evaluate(WIDTH) > 6 * len(text)


def test_danish_letters_are_drawn_each_in_its_own_shape(page):
    widths = set()
    for letter in "æøå":
        page.set_content(f"<span style='font: 200px sans-serif'>{letter}</span>")
        widths.add(page.evaluate(WIDTH))

    assert len(widths) == 3


def test_the_browser_keeps_content_security_and_origins_apart(page):
    """The arguments that are often used with this browser would switch both off."""
    page.set_content(
        "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\">"
        "<script>document.title = 'ran'</script>"
    )

    assert page.title() == ""
