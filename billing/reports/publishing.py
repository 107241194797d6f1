"""Publishing the account since the start: what is frozen, what is refused, and the withdrawal.

Every version is a copy of texts and tables in both languages, made once and never changed; its check sum is that of
the file that anybody may fetch. No person is in it: lessons stand under their municipality, what points at a person
(a civil registration number, an address of mail, the name of anybody known here) is refused, and shares of few
promises are left out before anything is written.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from billing.models import Lesson, PublishedAccount
from billing.parties import short_name
from billing.reports import drawings, experience
from billing.reports.experience import Experience
from billing.reports.forms import PERSONAL
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from servicecenter.ui import formats

Content = dict[str, Any]


class NothingToPublish(RuleBroken):
    def __init__(self):
        super().__init__(_("No month is calculated yet, so there is nothing to publish."))


class NamesAPerson(RuleBroken):
    def __init__(self, lesson: Lesson, found: str):
        super().__init__(
            _("The lesson “%(title)s” names a person (“%(found)s”). Let it be rewritten before you publish.")
            % {"title": lesson.title, "found": found}
        )


class AlreadyPublished(RuleBroken):
    def __init__(self, number: int):
        super().__init__(
            _("Version %(number)s says exactly this and is still published. Nothing was published again.")
            % {"number": number}
        )


class AlreadyWithdrawn(RuleBroken):
    def __init__(self):
        super().__init__(_("The version is withdrawn already."))


@transaction.atomic
def publish(*, by: Person, at: datetime | None = None) -> PublishedAccount:
    """Freeze the account as it is now. Raises NothingToPublish, NamesAPerson and AlreadyPublished."""
    at = (at or timezone.now()).replace(microsecond=0)
    found = experience.read()
    if found is None:
        raise NothingToPublish
    refuse_names(found.lessons)
    content = frozen(found)
    digest = hashlib.sha256(canonical(content)).hexdigest()
    newest = PublishedAccount.objects.select_for_update().first()
    if newest and newest.withdrawn_at is None and newest.sha256 == digest:
        raise AlreadyPublished(newest.number)
    version = PublishedAccount.objects.create(
        number=newest.number + 1 if newest else 1, first=found.first, last=found.last, content=content, sha256=digest,
        published_by=by, published_at=at,
    )  # fmt: skip
    _record("account_published", version, by=by, at=at, sha256=digest)
    return version


@transaction.atomic
def withdraw(version: PublishedAccount, *, reason: str, by: Person, at: datetime | None = None) -> PublishedAccount:
    """Take a version back: its address says so from now on. Raises AlreadyWithdrawn."""
    version = PublishedAccount.objects.select_for_update().get(pk=version.pk)
    if version.withdrawn_at:
        raise AlreadyWithdrawn
    version.withdrawn_by, version.withdrawal_reason = by, reason
    version.withdrawn_at = (at or timezone.now()).replace(microsecond=0)
    version.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal_reason"])
    _record("account_withdrawn", version, by=by, at=version.withdrawn_at, reason=reason)
    return version


def newest() -> PublishedAccount | None:
    """The version that the public address shows."""
    return PublishedAccount.objects.filter(withdrawn_at=None).first()


def refuse_names(lessons: Iterable[Lesson]) -> None:
    names = [name for name in Person.objects.values_list("name", flat=True) if " " in name.strip()]
    for lesson in lessons:
        text = f"{lesson.title}\n{lesson.text}"
        pointing = PERSONAL.search(text)
        found = pointing[0] if pointing else next((n for n in names if n.casefold() in text.casefold()), "")
        if found:
            raise NamesAPerson(lesson, found)


def canonical(content: Content) -> bytes:
    """The same bytes for the same content: what the check sum is of, and the file that is fetched."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def frozen(found: Experience) -> Content:
    """The account in every language of the desk."""
    content = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            content[language] = _told(found)
    return content


def _told(found: Experience) -> Content:
    """Plain texts, as the page and the exports have them; amounts of money as whole øre besides."""
    return {
        "first": formats.month(found.first),
        "last": formats.month(found.last),
        "months": found.month_count,
        "municipalities": [short_name(owner) for owner in found.municipalities],
        "saved": None if found.saved_ore is None else formats.bare_millions(found.saved_ore),
        "planned": formats.bare_millions(found.promised_ore),
        "headings": [drawings.period_of(year) for year in found.years],
        "figures": drawings.table(found),
        "costs": [_cost(owner, found) for owner in found.municipalities],
        "total": [formats.money(year.total_ore) for year in found.years],
        "total_ore": [year.total_ore for year in found.years],
        "lessons": [
            {"title": lesson.title, "text": lesson.text, "by": short_name(lesson.municipality)}
            for lesson in found.lessons
        ],
    }


def _cost(owner: Municipality, found: Experience) -> Content:
    amounts = [year.cost_ore.get(owner) for year in found.years]
    told = ["–" if ore is None else formats.money(ore) for ore in amounts]
    return {"name": short_name(owner), "amounts": told, "ore": amounts}


def _record(action: str, version: PublishedAccount, *, by: Person, at: datetime, **data) -> None:
    operator = Municipality.objects.operator().pk
    AuditEntry.objects.record(
        action, municipality_id=operator, actor=by, at=at, subject=str(version.number), **data
    )  # fmt: skip
