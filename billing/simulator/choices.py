"""Lists of one choice, for a page that has a hundred of them with a hundred options each."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

Row = tuple[str, Any]
SELECTED = mark_safe(" selected")


class Listed(BaseChoiceIterator):
    """Choices that many fields have in common, read once."""

    def __init__(self, rows: Sequence[Row]):
        self.rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class QuickSelect(forms.Select):
    """Drawn at once, where Django renders a template for every option. Has no groups of options."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = format_html_join(
            "\n", '<option value="{}"{}>{}</option>',
            ((code, SELECTED if str(code) in chosen else "", text) for code, text in self.choices),
        )  # fmt: skip
        look = flatatt(self.build_attrs(self.attrs, {"name": name} | (attrs or {})))
        return format_html("<select{}>\n{}\n</select>", look, options)
