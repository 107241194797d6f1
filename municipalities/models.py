from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from municipalities.governance.models import (  # noqa: F401  Django looks for models here
    Concern,
    Decision,
    EffectDetail,
    Proposal,
)
from municipalities.names import initials, sort_key
from municipalities.validators import validate_code, validate_cvr, validate_gln
from servicecenter.tenancy.querysets import OwnedQuerySet
from servicecenter.tenancy.scope import current_scope


class MunicipalityQuerySet(models.QuerySet):
    def members(self):
        """The municipalities of the community, in code order; the operator takes part in no pool."""
        return self.filter(kind=Municipality.Kind.MUNICIPALITY).order_by("code")

    def operator(self):
        return self.get(kind=Municipality.Kind.OPERATOR)


class Municipality(models.Model):
    """A tenant: a municipality, or the shared centre (operator) that serves them.

    The row holds nothing of one tenant: sign-in reads the names before any scope, so the table has no policy.
    """

    class Kind(models.TextChoices):
        MUNICIPALITY = "municipality", _("municipality")
        OPERATOR = "operator", _("shared centre")

    class VatMode(models.TextChoices):
        TAXABLE = "taxable", _("25 % VAT")
        EXEMPT_GROUP = "exempt_group", _("exempt independent group")
        OUTSIDE_SCOPE = "outside_scope", _("outside the scope of VAT")

    code = models.CharField(_("municipality code"), max_length=8, unique=True, validators=[validate_code])
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MUNICIPALITY)
    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    cvr = models.CharField("CVR", max_length=8, blank=True, validators=[validate_cvr])
    gln = models.CharField("GLN", max_length=13, blank=True, validators=[validate_gln])
    council_name = models.CharField(_("name of the council"), max_length=60, blank=True)
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    colour = models.CharField(_("colour"), max_length=7, blank=True)
    shares_department_tickets = models.BooleanField(_("employees see the tickets of their department"), default=False)
    legal_form = models.CharField(_("legal form"), max_length=80, blank=True)
    vat_mode = models.CharField(_("VAT"), max_length=20, choices=VatMode, blank=True)
    vat_basis = models.CharField(_("legal basis of the VAT mode"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    opening_hours = models.CharField(_("opening hours"), max_length=80, blank=True)

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="operator"), name="municipality_one_operator"
            ),
            models.CheckConstraint(
                condition=models.Q(left_on__isnull=True) | models.Q(left_on__gt=models.F("joined_on")),
                name="municipality_leaves_after_joining",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="operator") | models.Q(legal_form="", vat_mode=""),
                name="municipality_legal_form_is_the_operators",
            ),
        ]
        permissions = [
            ("file_tickets", "File and follow own tickets"),
            ("work_tickets", "Work the tickets of the municipality"),
            ("lead_tickets", "Void clocks, move tickets and see load"),
            ("read_totals", "Read totals, service levels and ticket lists without texts"),
            ("read_entries", "Read ledger entries and statements"),
            ("import_ledger", "Import ledger lines and drivers"),
            ("run_allocation", "Calculate a period"),
            ("approve_period", "Approve a period"),
            ("manage_invoicing", "Edit what invoices say of the municipality, and issue them for all"),
            ("manage_people", "Manage people"),
            ("manage_grants", "Manage grants"),
            ("manage_settings", "Manage settings"),
            ("propose_agreements", "Propose agreements and calendars"),
            ("propose_keys", "Propose keys of allocation"),
            ("decide_proposals", "Decide proposals for the municipality"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_operator(self):
        return self.kind == self.Kind.OPERATOR


class Site(models.Model):
    class Kind(models.TextChoices):
        TOWN_HALL = "town_hall", _("town hall")
        SCHOOL = "school", _("school")
        CARE_HOME = "care_home", _("care home")
        DAY_CARE = "day_care", _("day care")
        LIBRARY = "library", _("library")
        OTHER = "other", _("other")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="sites")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(_("name"), max_length=120)
    sort_key = models.CharField(max_length=120, editable=False)
    address = models.CharField(_("address"), max_length=200, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "name"], name="site_name_in_municipality"),
            models.UniqueConstraint(fields=["municipality", "id"], name="site_tenant_key"),
        ]

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        self.sort_key = sort_key(self.name)
        super().save(**kwargs)


class PersonQuerySet(OwnedQuerySet):
    def active(self):
        return self.filter(is_active=True)


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def create_user(self, email, password=None, *, municipality, name, **fields):
        person = self.model(email=self.normalize_email(email), municipality=municipality, name=name, **fields)
        person.set_password(password)
        person.full_clean(exclude=["password"])
        person.save(using=self._db)
        return person

    def create_superuser(self, email, password=None, *, municipality=None, **fields):
        """In the municipality of the running scope, unless one is named (Django's command names none)."""
        municipality = municipality or Municipality.objects.get(pk__in=current_scope().municipalities)
        return self.create_user(email, password, municipality=municipality, **fields, is_staff=True, is_superuser=True)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who files, works or reads: the user of Django. An address is unique within one municipality only."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="people")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120)
    sort_key = models.CharField(max_length=120, editable=False)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    department = models.CharField(
        _("department"), max_length=300, blank=True, help_text=_("Path from the top, separated by |.")
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="people")
    language = models.CharField(_("language"), max_length=2, choices=[("da", "Dansk"), ("en", "English")], default="da")
    uses_single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    is_roomy = models.BooleanField(_("roomy lists"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint("municipality", Lower("email"), name="person_email_in_municipality"),
            models.UniqueConstraint(fields=["municipality", "id"], name="person_tenant_key"),
        ]
        indexes = [models.Index(fields=["municipality", "sort_key"], name="person_by_name")]

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        self.sort_key = sort_key(self.name)
        super().save(**kwargs)

    @property
    def initials(self):
        return initials(self.name)

    def get_short_name(self):
        """ "Sara L.": first name and the initial of the last."""
        first, *rest = self.name.split()
        return f"{first} {rest[-1][0]}." if rest else first

    def has_perm(self, perm, obj=None):
        """Model-wide permissions open the administration only; rights over tickets and figures are grants."""
        return super().has_perm(perm) if obj is None else False


class MunicipalityUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Municipality, on_delete=models.CASCADE)


class MunicipalityGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Municipality, on_delete=models.CASCADE)
