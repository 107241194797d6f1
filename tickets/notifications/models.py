"""What is to be told, what was told to whom, and who wants to hear what and when."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from servicecenter.tenancy.querysets import OwnedQuerySet


class Kind(models.TextChoices):
    RECEIVED = "received", _("We have received a ticket")
    REPLIED = "replied", _("We have answered")
    RESOLVED = "resolved", _("A ticket is solved")
    CLOSED = "closed", _("A ticket is closed")
    CANCELLED = "cancelled", _("A ticket is cancelled")
    ASSIGNED = "assigned", _("A ticket becomes yours")
    ANSWERED = "answered", _("The user answers on your ticket")
    REOPENED = "reopened", _("A ticket of yours is reopened")
    HALF = "half", _("Half of the time is used")
    THREE_QUARTERS = "three_quarters", _("Three quarters of the time are used")
    NEARLY = "nearly", _("Nine tenths of the time are used")
    BREACHED = "breached", _("A deadline was not kept")
    PROPOSED = "proposed", _("A proposal awaits your municipality’s decision")
    SETTLED = "settled", _("A proposal is decided")


OF_REQUESTERS = (Kind.RECEIVED, Kind.REPLIED, Kind.RESOLVED, Kind.CLOSED, Kind.CANCELLED, Kind.BREACHED)
OF_STAFF = (
    Kind.ASSIGNED, Kind.ANSWERED, Kind.REOPENED, Kind.HALF, Kind.THREE_QUARTERS, Kind.NEARLY, Kind.BREACHED,
)  # fmt: skip
OF_DECIDERS = (Kind.PROPOSED, Kind.SETTLED)
WARNINGS = {50: Kind.HALF, 75: Kind.THREE_QUARTERS, 90: Kind.NEARLY, 100: Kind.BREACHED}


class OccasionQuerySet(OwnedQuerySet):
    def waiting(self, *, at):
        return self.filter(next_at__lte=at)

    def set_aside(self):
        return self.filter(next_at__isnull=True)


class Occasion(models.Model):
    """Something that happened and is still to be told: written with it, gone when its notices are written.

    One that cannot be told is tried again and at last set aside (`next_at` empty) with the reason in `error`.
    """

    municipality = models.ForeignKey(
        "municipalities.Municipality", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    cause = models.CharField(max_length=120)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    objects = OccasionQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [models.UniqueConstraint(fields=["municipality", "cause"], name="occasion_once")]
        indexes = [models.Index("next_at", "id", condition=Q(next_at__isnull=False), name="occasion_waiting")]

    def __str__(self):
        return self.cause


class NoticeQuerySet(OwnedQuerySet):
    def of(self, person):
        """What the person finds in the product, the newest first."""
        return self.filter(recipient=person, in_product=True).order_by("-id")

    def unread(self):
        return self.filter(read_at__isnull=True)

    def to_mail(self, *, at):
        return self.filter(mail_at__lte=at, mailed_at__isnull=True)


class Notice(models.Model):
    """One person is told one thing once, about a ticket or a proposal.

    About a ticket it belongs to the ticket's municipality, and the recipient may work elsewhere; about a proposal to
    the recipient's own.

    `mail_at` says when its mail is due (empty: no mail), `is_held` that it waits because many came at
    once. What is urgent is held only after twenty single mails (`delivering`).
    """

    municipality = models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.PROTECT, related_name="+")
    proposal = models.ForeignKey("municipalities.Proposal", null=True, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    cause = models.CharField(max_length=120)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    in_product = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    is_urgent = models.BooleanField(default=False)
    is_held = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)
    in_digest = models.BooleanField(default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(fields=["municipality", "recipient", "cause"], name="notice_once"),
            models.CheckConstraint(
                condition=Q(ticket=None, proposal__isnull=False) | Q(ticket__isnull=False, proposal=None),
                name="notice_is_about_one_thing",
            ),
        ]
        indexes = [
            models.Index("recipient", F("id").desc(), condition=Q(in_product=True), name="notice_of_person"),
            models.Index("recipient", condition=Q(in_product=True, read_at=None), name="notice_unread"),
            models.Index("mail_at", condition=Q(mailed_at=None, mail_at__isnull=False), name="notice_to_mail"),
            models.Index("recipient", "mailed_at", condition=Q(mailed_at__isnull=False), name="notice_mailed"),
        ]

    def __str__(self):
        return f"{self.kind} → {self.recipient_id}"


class ProposalTold(models.Model):
    """That everybody concerned has been told of a state of a proposal; joint, as proposals are."""

    proposal = models.ForeignKey("municipalities.Proposal", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        app_label = "tickets"
        constraints = [models.UniqueConstraint(fields=["proposal", "state"], name="proposal_told_once")]

    def __str__(self):
        return f"{self.proposal_id} {self.state}"


class NoticeSettings(models.Model):
    """What one person has chosen; without a row, or without a word on a kind, the default counts: both ways."""

    class Quiet(models.TextChoices):
        NIGHT = "night", _("At night, from 22 to 7")
        CLOSED = "closed", _("Outside the opening hours of the service desk")
        NEVER = "never", _("Never")

    municipality = models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    quiet = models.CharField(max_length=10, choices=Quiet, default=Quiet.NIGHT)
    choices = models.JSONField(default=dict)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [models.UniqueConstraint(fields=["municipality", "person"], name="notice_settings_of_person")]

    def __str__(self):
        return str(self.person_id)

    def wants(self, kind: str, way: str) -> bool:
        """`way` is "product" or "mail"."""
        return self.choices.get(kind, {}).get(way, True)


class Duty(models.Model):
    """Who is duty manager, from an instant to an instant: one at a time for the whole desk."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        app_label = "tickets"
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_it_starts"),
            ExclusionConstraint(
                name="duty_one_at_a_time",
                expressions=[
                    (
                        Func(
                            "starts_at", "ends_at", Value("[)"), function="TSTZRANGE", output_field=DateTimeRangeField()
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.starts_at:%Y-%m-%d %H:%M}"
