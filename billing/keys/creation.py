"""A new pool: its name, its place in the order of calculation, and who takes part. Its first key is proposed next."""

from collections.abc import Iterable
from datetime import date, datetime

from django import forms
from django.core.validators import RegexValidator
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.keys import inputs
from billing.keys.beginnings import earliest_first
from billing.models import Participation, Pool
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.ui import formats

SHARED, DIRECT = "shared", "direct"
TAKEN = {DIRECT, "simulator", "ny-pulje"}  # words of keys and of addresses
LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


CODE = RegexValidator(r"^[a-z][a-z0-9-]*$", _("Write small letters, digits and hyphens; a letter first."))


class PoolForm(forms.Form):
    """A pool that does not exist yet. Its code is made of the name when nobody writes one."""

    name = forms.CharField(label=_("Name of the pool"), max_length=80)
    code = forms.CharField(
        label=_("Code of the pool"), max_length=50, required=False,
        help_text=_("Used in addresses and files, for example “network”. Left empty, it is made of the name."),
        validators=[CODE],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("How the cost is carried"), widget=forms.RadioSelect, initial=SHARED,
        choices=[
            (SHARED, _("Shared by a key")),
            (DIRECT, _("Each line belongs to one municipality, so there is nothing to share")),
        ],
    )  # fmt: skip
    before = forms.ChoiceField(
        label=_("Place in the order of calculation"), required=False,
        help_text=_("A pool that follows the cost of others can only follow pools before it."),
    )  # fmt: skip
    members = forms.ModelMultipleChoiceField(
        Municipality.objects.members().filter(left_on=None), label=_("Who takes part"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, data=None, *, today: date):
        self.earliest = earliest_first(today)
        self.pools = list(Pool.objects.order_by("position"))
        super().__init__(data, initial={"since": self.earliest, "before": _first_overhead(today)})
        last = [("", pgettext_lazy("place of a pool", "Last"))]
        self.fields["before"].choices = last + [
            (pool.code, _("Before %(pool)s") % {"pool": pool.name}) for pool in self.pools
        ]
        self.fields["before"].hides_optional = self.fields["members"].hides_optional = True
        self.fields["members"].initial = self.fields["members"].queryset
        self.fields["since"] = inputs.day(_("They take part from"))

    def clean_name(self):
        name = self.cleaned_data["name"].strip()
        if any(pool.name.lower() == name.lower() for pool in self.pools):
            raise forms.ValidationError(_("A pool has this name already. Choose another name."))
        return name

    def clean_since(self):
        if self.cleaned_data["since"] < self.earliest:
            text = _("Months before %(day)s are approved. Choose that day or a later one.")
            raise forms.ValidationError(text % {"day": formats.day(self.earliest)})
        return self.cleaned_data["since"]

    def clean(self):
        data = super().clean() or {}
        if data.get("kind") == SHARED and not data.get("members") and "members" not in self.errors:
            self.add_error("members", _("Choose at least one municipality that takes part."))
        if "code" not in self.errors and "name" not in self.errors:
            data["code"] = data.get("code") or _code_of(data.get("name", ""))
            if not data["code"] or data["code"] in TAKEN or any(pool.code == data["code"] for pool in self.pools):
                self.add_error("code", _("This code is taken or cannot be used. Write another."))
        return data


@transaction.atomic
def create_pool(
    *, name: str, code: str, is_direct: bool, before: str, members: Iterable[Municipality], since: date, by: Person,
    at: datetime | None = None,
) -> Pool:  # fmt: skip
    """A pool before another one (or last), shared by the members from a day on; a direct pool has none."""
    pools = list(Pool.objects.select_for_update().order_by("position"))
    place = next((n for n, pool in enumerate(pools) if pool.code == before), len(pools))
    for pool in reversed(pools[place:]):
        pool.position += 1
        pool.save(update_fields=["position"])
    position = pools[place].position - 1 if place < len(pools) else _after(pools)
    created = Pool.objects.create(code=code, name=name, position=position, is_direct=is_direct)
    taking_part = [] if is_direct else list(members)
    for member in taking_part:
        Participation.objects.create(pool=created, municipality=member, valid_from=since)
    AuditEntry.objects.record(
        "pool_created", municipality_id=by.municipality_id, actor=by, at=at or timezone.now(), subject=name, code=code,
        position=position, since=since.isoformat(), members=[member.code for member in taking_part],
    )  # fmt: skip
    return created


def _after(pools: list[Pool]) -> int:
    return pools[-1].position + 1 if pools else 1


def _first_overhead(today: date) -> str:
    """The first pool that follows the cost of others: what is made now should be there for it to follow."""
    followed = Pool.objects.filter(key_versions__definition__type="on_cost").order_by("position").first()
    return followed.code if followed else ""


def _code_of(name: str) -> str:
    return slugify(name.lower().translate(LETTERS)).lstrip("0123456789-_").replace("_", "-")[:50]
