"""The menu of the reports, in two levels: sections, and the pages of the section one is in.

An entry whose page is not built, or whose right the reader lacks, is left out, and a section without entries too. The
entry whose address begins the page's own is the current one, so a page below it needs no word here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.context import Rights

SECTIONS: list[tuple[Promise, list[tuple[Promise, str, str]]]] = [
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
        (_("Telephone"), "tickets:phone_figures", "lead_tickets"),
        (_("Closed months"), "tickets:level_months", "lead_tickets"),
    ]),
    (_("Agreements"), [
        (_("Proposals"), "municipalities:proposals", ""),
        (_("Agreements"), "tickets:agreements", ""),
        (_("Calendars"), "tickets:calendars", ""),
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
    return {"report_menu": lambda: sections(request), "report_section": lambda: _current(sections(request))}


def sections(request: HttpRequest) -> list[Section]:
    found = [(text, list(_permitted(entries, Rights(request.user)))) for text, entries in SECTIONS]
    addresses = [address for _text, entries in found for _entry, address in entries]
    here = max((address for address in addresses if request.path.startswith(address)), key=len, default="")
    return [
        Section(text, [Entry(entry, address, is_current=address == here) for entry, address in entries])
        for text, entries in found
        if entries
    ]


def _current(found: list[Section]) -> Section | None:
    return next((section for section in found if section.is_current), None)


def _permitted(entries: list[tuple[Promise, str, str]], can: Rights) -> Iterator[tuple[Promise, str]]:
    for text, name, permission in entries:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        if not permission or can[permission]:
            yield text, address
