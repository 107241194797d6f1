"""Template tags every page uses: {% load ui %}.

Small drawings (icon, chips, swatch) are written here as safe markup, for a queue of fifty rows holds hundreds of them;
what has structure of its own (form rows, menu entries, figures) is a template under templates/components/.
"""

from __future__ import annotations

from functools import wraps

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from servicecenter.ui import colours, formats, looks

register = template.Library()

SPRITE = "dkfds/img/all-svg-icons.svg"


# Icons --------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name, size=24, label=""):
    """One icon of the dkfds sprite; with a label it is an image, without it decoration."""
    described = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon-svg sd-i{}" focusable="false" {}><use href="{}#{}"></use></svg>',
        size,
        described,
        static(SPRITE),
        name,
    )


# Chips --------------------------------------------------------------------------------------------


@register.simple_tag
def chip(text, tone="", icon_name="info"):
    """Icon and words on a tint: chip(_("Balances"), "ok", "check")."""
    return format_html('<span class="sd-st {}">{}{}</span>', tone, icon(icon_name, 16), text)


@register.simple_tag
def status(value, for_requester=False):
    """The chip of a ticket's status, in the requester's words or in the agent's."""
    table = looks.REQUESTER_STATUSES if for_requester else looks.AGENT_STATUSES
    look = table.get(str(value), looks.UNKNOWN)
    return chip(look.text, look.tone, look.icon)


@register.simple_tag
def sla_chip(state, minutes=0, resolves=False):
    """The clock that is due first. `minutes` are opening minutes left, or past due when the state is "err".

    With `resolves` the words of the ticket's head: "Due in 42 min." in place of "42 min.".
    """
    look = looks.CLOCK_STATES.get(str(state))
    if look is None:
        return mark_safe('<span class="sd-sla sd-sla-pause">–</span>')
    return format_html(
        '<span class="sd-sla sd-sla-{}">{}<span>{}</span></span>',
        look.tone,
        icon(look.icon, 16),
        _clock_text(str(state), look, minutes, resolves=resolves),
    )


def _clock_text(state, look, minutes, *, resolves):
    span = formats.duration(minutes or 0)
    if state == "err":
        return gettext("Overdue %(span)s") % {"span": span}
    if state not in ("ok", "warn"):
        return look.text
    if resolves:
        return gettext("Due in %(span)s") % {"span": span}
    return format_html('{}<span class="sr-only"> {}</span>', span, gettext("left"))


_BARS = (
    ("0", "11", "2", "3"),
    ("3", "8", "2", "6"),
    ("6", "5", "2", "9"),
    ("9", "2.5", "2", "11.5"),
    ("12", "0", "2", "14"),
)


@register.simple_tag
def priority(level):
    """Five signal bars, P1 to P5, and the word for screen readers; only P1 is red."""
    level = int(level)
    lit = 6 - level
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>',
        ((*bar, "on" if place < lit else "off") for place, bar in enumerate(_BARS)),
    )
    return format_html(
        '<span class="sd-pri sd-pri-{0}"><svg viewBox="0 0 14 14" aria-hidden="true">{1}</svg>P{0}'
        '<span class="sr-only"> {2}</span></span>',
        level,
        bars,
        looks.PRIORITIES.get(level, ""),
    )


@register.simple_tag
def priority_name(level):
    """P2 high, for facts and choices."""
    return format_html("P{} {}", level, looks.PRIORITIES.get(int(level), ""))


# People and places --------------------------------------------------------------------------------


@register.filter
def colour(municipality):
    """The municipality's chart colour; grey when it has none, so that markup never carries a stray value."""
    return colours.known(getattr(municipality, "colour", ""))


@register.simple_tag
def swatch(municipality):
    return format_html(
        '<svg class="sd-sw" viewBox="0 0 12 12" aria-hidden="true">'
        '<rect width="12" height="12" rx="3" fill="{}"/></svg>',
        colour(municipality),
    )


@register.simple_tag
def municipality(owner):
    """Swatch and short name (Egedal for Egedal Kommune); the swatch never stands alone."""
    if not owner:
        return "–"
    return format_html('<span class="sd-mun">{}{}</span>', swatch(owner), short_name(owner))


@register.filter
def short_name(owner):
    return str(owner.name).removesuffix(" Kommune")


@register.simple_tag
def monogram(owner):
    """The large square with the first letter, as on the page where you sign in."""
    return format_html(
        '<svg class="sd-mono" viewBox="0 0 48 48" aria-hidden="true"><rect width="48" height="48" rx="12" fill="{}"/>'
        '<text x="24" y="31" text-anchor="middle" class="{}">{}</text></svg>',
        colour(owner),
        "sd-mono-dark" if colours.is_light(colour(owner)) else "sd-mono-light",
        owner.name[:1].upper(),
    )


@register.simple_tag
def avatar(person, tone="", size=""):
    """A person's initials in a disc; decoration beside the name. Tones: "user", "agent-2", "agent-3"; size "s"."""
    classes = " ".join(f"sd-av-{part}" for part in (tone, size) if part)
    return format_html('<span class="sd-av {}" aria-hidden="true">{}</span>', classes, initials(person))


@register.filter
def initials(person):
    """The person's own initials, else the first letters of the first and the last name."""
    given = getattr(person, "initials", "")
    if given:
        return given
    words = str(getattr(person, "name", person) or "").split()
    return "".join(word[0] for word in dict.fromkeys((*words[:1], *words[-1:]))).upper()


# Menu ---------------------------------------------------------------------------------------------


@register.inclusion_tag("components/_menu_entry.html", takes_context=True)
def menu_entry(context, name, text, also=""):
    """A link of a menu, hidden while its page is not built. `also` names further pages under it, with spaces."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        address = ""
    return {
        "address": address,
        "text": text,
        "is_current": _is_current(context, name, also),
    }


def _is_current(context, name, also):
    match = getattr(context.get("request"), "resolver_match", None)
    return match is not None and match.view_name in (name, *also.split())


# Forms --------------------------------------------------------------------------------------------

_KINDS = {
    "checkbox": "check",
    "radioselect": "choices",
    "checkboxselectmultiple": "choices",
    "file": "file",
    "clearablefile": "file",
    "select": "select",
    "nullbooleanselect": "select",
    "selectmultiple": "select",
}
_CLASSES = {"select": "form-select", "text": "form-input", "check": "form-checkbox", "file": "sd-file-input"}


@register.inclusion_tag("components/form_row.html")
def form_row(field, *, cards=False, width="", rows=None, accept="", placeholder=""):
    """One field with label, hint and error in the house look. `cards` makes radio buttons large; width xs to xl."""
    kind = _KINDS.get(field.widget_type, "text")
    attributes = {
        "class": _classes(field, kind, width),
        "rows": rows,
        "accept": accept,
        "placeholder": placeholder,
    }
    return {
        "field": field,
        "kind": kind,
        "cards": cards,
        "widget": "" if kind == "choices" else field.as_widget(attrs={k: v for k, v in attributes.items() if v}),
        "choices": _choices(field) if kind == "choices" else (),
        "help_id": f"{field.auto_id}_helptext",
        "error_id": f"{field.auto_id}_error",
        "described_by": _described_by(field),
        "is_multiple": field.widget_type == "checkboxselectmultiple",
    }


def _classes(field, kind, width):
    own = field.field.widget.attrs.get("class", "")
    wide = f"input-width-{width}" if width else ""
    return " ".join(part for part in (own, _CLASSES.get(kind, ""), wide) if part)


def _choices(field):
    """The radio buttons with their hints; a form gives hints as `choice_hints = {value: text}` on the field."""
    hints = getattr(field.field, "choice_hints", {})
    for button in field:
        value = str(button.data["value"])
        yield {
            "button": button,
            "id": button.id_for_label,
            "name": button.data["name"],
            "value": value,
            "checked": button.data["selected"],
            "label": button.choice_label,
            "hint": hints.get(value, ""),
        }


def _described_by(field):
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}_error")
    return " ".join(described)


@register.inclusion_tag("components/error_summary.html")
def error_summary(form):
    """What is wrong, first on the page, each line a link to its field. Empty when nothing is wrong."""
    fields = [field for field in form if field.errors] if form.is_bound else []
    return {"fields": fields, "general": form.non_field_errors() if form.is_bound else []}


@register.filter
def first_id(field):
    """The id a link must point at to reach the field: that of its first choice, for radio buttons."""
    return f"{field.auto_id}_0" if _KINDS.get(field.widget_type) == "choices" else field.id_for_label


# Lists of names -----------------------------------------------------------------------------------


@register.filter
def dotted(names):
    """Furesø · Egedal · Ballerup; a text is left as it is."""
    return names if isinstance(names, str) else " · ".join(str(name) for name in names or ())


@register.filter
def department(path):
    """Center for Skole › Stavnsholtskolen; the municipality at the path's top is read beside it."""
    top, *below = str(path or "").split("|")
    return " › ".join(below or [top])


@register.filter
def listed(names):
    """Furesø, Egedal og Ballerup."""
    if isinstance(names, str):
        return names
    *first, last = [str(name) for name in names or ()] or [""]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


# Messages, figures --------------------------------------------------------------------------------


@register.filter
def message_look(message):
    return looks.MESSAGE_LEVELS.get(message.level_tag, looks.MESSAGE_LEVELS["info"])


@register.inclusion_tag("components/figure.html")
def figure(drawing, finding, *, unit="", table=None, note="", legend=(), heading="h3"):
    """A drawing of servicecenter.charts with its finding as title, its legend, and its numbers as a table."""
    return {
        "drawing": drawing,
        "finding": finding,
        "unit": unit,
        "table": table,
        "note": note,
        "legend": legend,
        "heading": heading,
    }


# Formats ------------------------------------------------------------------------------------------


def _or_dash(write):
    """A filter that shows an en dash for what is not there."""

    @wraps(write)  # Django reads the number of arguments through it
    def filtered(value, *args):
        return "–" if value is None or value == "" else write(value, *args)

    return filtered


def _signed(write):
    def signed(value):
        return write(value, signed=True)

    return _or_dash(signed)


for _name, _write in {
    "number": formats.number,
    "amount": formats.amount,
    "money": formats.money,
    "kroner": formats.kroner,
    "bare_kroner": formats.bare_kroner,
    "bare_millions": formats.bare_millions,
    "thousands": formats.thousands,
    "millions": formats.millions,
    "percent": formats.percent,
    "file_size": formats.filesize,
    "duration": formats.duration,
    "clock": formats.clock,
    "day": formats.day,
    "weekday": formats.weekday,
    "month": formats.month,
}.items():
    register.filter(_name, _or_dash(_write))

for _name, _write in {
    "signed_number": formats.number,
    "signed_amount": formats.amount,
    "signed_money": formats.money,
    "signed_kroner": formats.kroner,
    "signed_bare_kroner": formats.bare_kroner,
    "signed_bare_millions": formats.bare_millions,
    "signed_thousands": formats.thousands,
    "signed_millions": formats.millions,
    "signed_percent": formats.percent,
}.items():
    register.filter(_name, _signed(_write))


@register.filter
def instant(moment, now=None):
    """today at 08:47; `now` is the page's own moment, else the present one."""
    return formats.instant(moment, now=now or timezone.now()) if moment else "–"


@register.filter
def short_instant(moment, now=None):
    return formats.short_instant(moment, now=now or timezone.now()) if moment else "–"


@register.simple_tag
def time_element(moment, now=None, short=False):
    """A <time> element: the machine-readable instant around the words."""
    if not moment:
        return "–"
    write = formats.short_instant if short else formats.instant
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), write(moment, now=now or timezone.now()))
