"""What people enter around invoices: what an invoice says of a party, where it is booked, and why one is given back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.invoicing.vat import LEGAL_BASIS
from billing.models import AccountString, InvoiceFile, InvoiceParty, Pool
from billing.validators import validate_account_string, validate_art
from municipalities.models import Municipality

OF_SENDER = ("bank_registration", "bank_account", "payment_days")


class PartyForm(forms.ModelForm):
    """Address, contact and references. The bank account belongs to the shared centre, the order number to buyers."""

    class Meta:
        model = InvoiceParty
        fields = [
            "street", "post_code", "city", "reference", "order_reference", "contact_name", "contact_phone",
            "contact_email", *OF_SENDER,
        ]  # fmt: skip
        help_texts = {
            "reference": _(
                "The orderer's id in the municipality's invoice system; invoices without one are sent back."
            ),
            "order_reference": _("When the municipality wants a requisition or order number on every invoice."),
        }

    def __init__(self, *args, municipality, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("order_reference",) if municipality.is_operator else OF_SENDER:
            del self.fields[name]
        if municipality.is_operator:
            for name in ("contact_name", "contact_phone", "contact_email", "bank_registration", "bank_account"):
                self.fields[name].required = True
            self.fields["reference"].help_text = _("Whom a buyer may ask about an invoice.")

    def clean_post_code(self):
        code = self.cleaned_data["post_code"]
        if not (len(code) == 4 and code.isdigit()):
            raise forms.ValidationError(_("A post code has four digits."))
        return code


class NumbersForm(forms.ModelForm):
    """CVR and GLN; of the shared centre also how it stands to VAT."""

    class Meta:
        model = Municipality
        fields = ["cvr", "gln", "vat_mode", "vat_basis"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cvr"].required = True
        if self.instance.is_operator:
            self.fields["vat_mode"].required = True
            self.fields["vat_mode"].help_text = _("Decided by the board after advice; it is written on every invoice.")
            self.fields["vat_basis"].help_text = " ".join(
                f"{label}: {LEGAL_BASIS[mode]}" for mode, label in Municipality.VatMode.choices
            )
        else:
            self.fields["gln"].required = True
            del self.fields["vat_mode"], self.fields["vat_basis"]

    def clean(self):
        cleaned = super().clean() or {}
        needs_basis = cleaned.get("vat_mode") in (Municipality.VatMode.EXEMPT_GROUP, Municipality.VatMode.OUTSIDE_SCOPE)
        if needs_basis and not cleaned.get("vat_basis"):
            self.add_error("vat_basis", _("An invoice without VAT says why: write the legal basis."))
        return cleaned


def _bare(label: str, width: str) -> forms.TextInput:
    """A field of a table, whose row and column name it for the eye."""
    return forms.TextInput(
        attrs={"class": f"form-input input-width-{width}", "inputmode": "decimal", "aria-label": label}
    )


class AccountStringsForm(forms.Form):
    """An account string and an art for everything, and for each pool that is booked elsewhere."""

    def __init__(self, *args, municipality, **kwargs):
        super().__init__(*args, **kwargs)
        self.municipality = municipality
        self.pools = [None, *Pool.objects.all()]
        self.known = {row.pool_id: row for row in AccountString.objects.filter(municipality=municipality)}
        for pool in self.pools:
            row = self.known.get(pool.pk if pool else None)
            name = pool.name if pool else _("All pools that name no own")
            self.fields[f"{self._key(pool)}_string"] = forms.CharField(
                label=_("Account string, %(pool)s") % {"pool": name}, max_length=16, required=False,
                validators=[validate_account_string], initial=row.account_string if row else "",
                widget=_bare(_("Account string, %(pool)s") % {"pool": name}, "m"),
            )  # fmt: skip
            self.fields[f"{self._key(pool)}_art"] = forms.CharField(
                label=_("Art, %(pool)s") % {"pool": name}, max_length=3, required=False, validators=[validate_art],
                initial=row.art if row else "", widget=_bare(_("Art, %(pool)s") % {"pool": name}, "xs"),
            )  # fmt: skip

    @staticmethod
    def _key(pool):
        return pool.code if pool else "all"

    def rows(self):
        return [(pool, self[f"{self._key(pool)}_string"], self[f"{self._key(pool)}_art"]) for pool in self.pools]

    def clean(self):
        cleaned = super().clean() or {}
        for pool in self.pools:
            string, art = (cleaned.get(f"{self._key(pool)}_{part}") for part in ("string", "art"))
            if bool(string) != bool(art):
                missing = "art" if string else "string"
                self.add_error(f"{self._key(pool)}_{missing}", _("An account string and its art go together."))
        return cleaned

    def save(self):
        for pool in self.pools:
            string, art = (self.cleaned_data[f"{self._key(pool)}_{part}"] for part in ("string", "art"))
            if string:
                AccountString.objects.update_or_create(
                    municipality=self.municipality, pool=pool, defaults={"account_string": string, "art": art}
                )
            else:
                AccountString.objects.filter(municipality=self.municipality, pool=pool).delete()


class CreditForm(forms.Form):
    reason = forms.CharField(label=_("Why is it given back?"), max_length=300)


class SendForm(forms.Form):
    format = forms.ChoiceField(label=_("Format"), choices=InvoiceFile.Format, initial=InvoiceFile.Format.OIOUBL)
