"""The menu of the reports, in two levels: sections, and the pages of the section one is in.

An entry whose page is not built, or which the reader may not open, is left out, and a section without entries too: the
menu asks the same question as the page (a permission held somewhere, or the page's own question). The
entry whose address begins the page's own is the current one, so a page below it needs no word here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.access import holds_for_all
from municipalities.context import Rights
from municipalities.governance.access import may_take_part
from municipalities.models import Person

Question = Callable[[Person], bool]
EntryRow = tuple[Promise, str, str | Question]


def leads_all(person: Person) -> bool:
    return holds_for_all(person, "lead_tickets")


SECTIONS: list[tuple[Promise, list[EntryRow]]] = [
    (_("Overview"), [
        (_("Overview"), "billing:overview", "read_totals"),
        (_("Savings"), "billing:savings", "read_totals"),
        (_("Key figures"), "billing:key_figures", "read_totals"),
        (_("The account since the start"), "billing:experience", "read_totals"),
    ]),
    (_("Cost"), [
        (_("Statements"), "billing:statements", "read_totals"),
        (_("The year"), "billing:years", "read_totals"),
        (_("Invoices"), "billing:invoices", "read_entries"),
        (_("Reports by mail"), "billing:subscriptions", "read_entries"),
        (_("Allocation keys"), "billing:keys", "read_totals"),
        (_("Simulator"), "billing:simulator", "read_totals"),
        (_("Capacity"), "billing:capacity_now", "read_totals"),
        (_("Critical systems"), "billing:systems", "read_totals"),
        (_("Who takes part"), "billing:members", "run_allocation"),
    ]),
    (pgettext_lazy("reports", "Service"), [
        (_("Service levels"), "tickets:service_levels", "read_totals"),
        (_("Equal service"), "tickets:equality", "read_totals"),
        (_("Vendors"), "tickets:vendors", "read_totals"),
        (_("Tickets"), "tickets:listed", "read_totals"),
        (_("Imported incidents"), "tickets:servicenow", "read_totals"),
        (_("Telephone"), "tickets:phone_figures", leads_all),
        (_("Closed months"), "tickets:level_months", leads_all),
    ]),
    (_("Agreements"), [
        (_("Proposals"), "municipalities:proposals", may_take_part),
        (_("Agreements"), "tickets:agreements", may_take_part),
        (_("Calendars"), "tickets:calendars", may_take_part),
    ]),
    (_("Accounts"), [
        (_("Months"), "billing:periods", "run_allocation"),
        (_("Import"), "billing:imports", "import_ledger"),
        (_("Lines"), "billing:work_list", "import_ledger"),
        (pgettext_lazy("accounts", "Postings"), "billing:newest_postings", "read_entries"),
    ]),
    (_("Outgoing mail"), [(_("Outgoing mail"), "outbox:letters", "manage_settings")]),
    (_("Console"), [(_("Console"), "tickets:console", "work_tickets")]),
    (_("Portal"), [(_("Portal"), "tickets:home", "")]),
]  # fmt: skip


@dataclass(frozen=True)
class Entry:
    text: Promise
    address: str
    is_current: bool = False


@dataclass(frozen=True)
class Section:
    text: Promise
    entries: list[Entry]

    @property
    def address(self) -> str:
        return self.entries[0].address

    @property
    def is_current(self) -> bool:
        return any(entry.is_current for entry in self.entries)


def reports(request: HttpRequest) -> dict:
    """For templates: `report_menu()` reads the sections, `report_section()` the one that the page lies in."""
    drawn = cache(lambda: sections(request))
    return {"report_menu": drawn, "report_section": lambda: _current(drawn())}


def sections(request: HttpRequest) -> list[Section]:
    may = cache(lambda asked: _may(request.user, asked))
    found = [(text, list(_permitted(entries, may))) for text, entries in SECTIONS]
    addresses = [address for _text, entries in found for _entry, address in entries]
    here = max((address for address in addresses if request.path.startswith(address)), key=len, default="")
    return [
        Section(text, [Entry(entry, address, is_current=address == here) for entry, address in entries])
        for text, entries in found
        if entries
    ]


def _current(found: list[Section]) -> Section | None:
    return next((section for section in found if section.is_current), None)


def _permitted(entries: list[EntryRow], may: Callable[[str | Question], bool]) -> Iterator[tuple[Promise, str]]:
    for text, name, asked in entries:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        if may(asked):
            yield text, address


def _may(person, asked: str | Question) -> bool:
    if callable(asked):
        return person.is_authenticated and asked(person)
    return not asked or Rights(person)[asked]
