"""Who is invoiced and how, what was invoiced, the files of it, and on which way each file left.

An invoice, its lines and its files are written once and never change: triggers refuse it, to the owner of the tables
too. Its number is drawn by the database in the same transaction, so the series has no gap.
"""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models.columns import actor, owner
from billing.validators import validate_account, validate_account_string, validate_art, validate_registration
from municipalities.models import Municipality
from servicecenter.tenancy.querysets import OwnedQuerySet


class InvoiceParty(models.Model):
    """What an invoice says of a municipality or of the shared centre beyond its name, CVR and GLN.

    The bank account and the days of payment are the shared centre's, which alone sends invoices.
    """

    municipality = models.OneToOneField(Municipality, on_delete=models.PROTECT, related_name="invoice_party")
    street = models.CharField(_("street and number"), max_length=120)
    post_code = models.CharField(_("post code"), max_length=4)
    city = models.CharField(_("city"), max_length=60)
    reference = models.CharField(_("person reference"), max_length=40)
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_phone = models.CharField(_("phone"), max_length=20, blank=True)
    contact_email = models.EmailField(_("e-mail address"), blank=True)
    order_reference = models.CharField(_("order number"), max_length=40, blank=True)
    bank_registration = models.CharField(
        _("registration number"), max_length=4, blank=True, validators=[validate_registration]
    )
    bank_account = models.CharField(_("account number"), max_length=10, blank=True, validators=[validate_account])
    payment_days = models.PositiveSmallIntegerField(_("days of payment"), default=21)

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return f"{self.municipality_id} {self.reference}"


class AccountString(models.Model):
    """Where a municipality (or the shared centre) books a pool; without a pool, everything that names no own."""

    municipality = owner()
    pool = models.ForeignKey("billing.Pool", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    account_string = models.CharField(_("account string"), max_length=16, validators=[validate_account_string])
    art = models.CharField(_("art"), max_length=3, validators=[validate_art])

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "pool"], nulls_distinct=False, name="account_string_once_per_pool"
            )
        ]

    def __str__(self):
        return f"{self.account_string} {self.art}"


class InvoiceSeries(models.Model):
    """The numbers of one calendar year, shared by invoices and credit notes. Only a new invoice moves it, by one."""

    year = models.PositiveSmallIntegerField(unique=True)
    last_number = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.year}: {self.last_number}"


class InvoiceQuerySet(OwnedQuerySet):
    def numbered(self, code: str):
        """The invoices with this number as printed (2026-00012): one, or none."""
        year, _dash, number = code.partition("-")
        return self.filter(series__year=int(year), number=int(number))

    def newest_first(self):
        return self.select_related("series", "municipality", "period").order_by("-series__year", "-number")


class Invoice(models.Model):
    """An issued invoice or credit note. Amounts in øre; a credit note holds what is given back as positive amounts.

    `seller`, `buyer` and `account` are the parties as they were on that day. `source` names what was invoiced, so that
    the same thing is not invoiced twice.
    """

    class Kind(models.TextChoices):
        ON_ACCOUNT = "on_account", _("on account")
        SETTLEMENT = "settlement", _("settlement")
        CORRECTION = "correction", _("correction")
        CAPACITY = "capacity", _("capacity")

    municipality = owner()
    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="invoices")
    number = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=20, choices=Kind)
    is_credit = models.BooleanField(default=False)
    source = models.CharField(max_length=120)
    period = models.ForeignKey("billing.Period", null=True, on_delete=models.PROTECT, related_name="invoices")
    run = models.ForeignKey("billing.Run", null=True, on_delete=models.PROTECT, related_name="invoices")
    first_day = models.DateField()
    last_day = models.DateField()
    issued_on = models.DateField()
    due_on = models.DateField()
    net_ore = models.BigIntegerField()
    vat_ore = models.BigIntegerField()
    vat_mode = models.CharField(max_length=20)
    vat_basis = models.CharField(max_length=200, blank=True)
    seller = models.JSONField()
    buyer = models.JSONField()
    account = models.JSONField()
    order_reference = models.CharField(max_length=40, blank=True)
    account_string = models.CharField(max_length=16, blank=True)
    note = models.CharField(max_length=300, blank=True)
    uuid = models.UUIDField()
    preceding = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followers")
    issued_by = actor()
    issued_at = models.DateTimeField()

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["municipality", "source"], name="invoice_source_once"),
            models.UniqueConstraint(fields=["municipality", "id"], name="invoice_tenant_key"),
            models.CheckConstraint(condition=Q(net_ore__gte=0, vat_ore__gte=0), name="invoice_not_negative"),
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="invoice_period_in_order"),
            models.CheckConstraint(condition=Q(due_on__gte=models.F("issued_on")), name="invoice_due_after_issue"),
        ]
        indexes = [models.Index(fields=["municipality", "-issued_on"], name="invoice_by_municipality")]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return reverse("billing:invoice", args=[self.code])

    @property
    def code(self) -> str:
        """The number as printed."""
        return f"{self.series.year}-{self.number:05d}"

    @property
    def gross_ore(self) -> int:
        return self.net_ore + self.vat_ore

    @property
    def signed_net_ore(self) -> int:
        """What the municipality bears by it: negative for a credit note."""
        return -self.net_ore if self.is_credit else self.net_ore


class InvoiceLine(models.Model):
    municipality = owner()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    pool = models.ForeignKey("billing.Pool", null=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    net_ore = models.BigIntegerField()
    vat_ore = models.BigIntegerField()
    account_string = models.CharField(max_length=16, blank=True)
    art = models.CharField(max_length=3, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once")]

    def __str__(self):
        return self.text


class InvoiceFile(models.Model):
    """The file as it was written at issuing. What is sent or downloaded later are these bytes."""

    class Format(models.TextChoices):
        OIOUBL = "oioubl", "OIOUBL 2.1"
        PEPPOL = "peppol", "Peppol BIS Billing 3.0"

    municipality = owner()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=10, choices=Format)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "format"], name="invoice_file_once")]

    def __str__(self):
        return f"{self.invoice_id} {self.format}"


class DispatchQuerySet(OwnedQuerySet):
    def waiting(self, *, at):
        """Files that are due and that nobody is handing over right now."""
        free = Q(leased_until=None) | Q(leased_until__lte=at)
        return self.filter(free, state="waiting", next_at__lte=at)


class InvoiceDispatch(models.Model):
    """One file on its way to an access point of NemHandel: the row is the truth, a task only carries it out."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("invoice", "waiting to be handed over")
        HANDED_OVER = "handed_over", pgettext_lazy("invoice", "handed over, awaits its receipt")
        RECEIVED = "received", pgettext_lazy("invoice", "received by the access point")
        REFUSED = "refused", pgettext_lazy("invoice", "refused by the access point")

    class Channel(models.TextChoices):
        FOLDER = "folder", _("folder of the access point")
        HTTP = "http", _("access point by HTTP")

    municipality = owner()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="dispatches")
    format = models.CharField(max_length=10, choices=InvoiceFile.Format)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=300, blank=True)
    receipt_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    created_by = actor()
    created_at = models.DateTimeField()

    objects = DispatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["invoice"], condition=~Q(state="refused"), name="invoice_dispatched_once")
        ]
        indexes = [models.Index("next_at", condition=Q(state="waiting"), name="invoice_dispatch_waiting")]

    def __str__(self):
        return f"{self.invoice_id} {self.channel} {self.state}"

    @property
    def is_under_way(self):
        return self.state in (self.State.WAITING, self.State.HANDED_OVER)
