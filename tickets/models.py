from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Func
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from municipalities.models import Municipality, Site
from servicecenter.tenancy.querysets import OwnedQuerySet
from tickets.incidents.models import MajorIncident  # noqa: F401  Django looks for models here
from tickets.levels.models import (  # noqa: F401  Django looks for models here
    EqualityMargin,
    EqualityVerdict,
    FrozenFigure,
    FrozenVerdict,
    LevelFigure,
    LevelMonth,
)
from tickets.notifications.models import (  # noqa: F401  as below
    Duty,
    Notice,
    NoticeSettings,
    Occasion,
    ProposalTold,
)
from tickets.proximity.models import PhoneFigure, Rating, Visit  # noqa: F401
from tickets.querysets import EventQuerySet, TicketQuerySet
from tickets.servicenow.models import ImportedJudgement  # noqa: F401  Django looks for models here
from tickets.sla.models import (  # noqa: F401  Django looks for models here
    Agreement,
    AgreementVersion,
    Calendar,
    CalendarVersion,
    Clock,
    ClockEffect,
    ClockFailure,
    Replanning,
)
from tickets.status import ACTIVE, ENDED, WAITING, Status, check_transition

# A ticket without a running clock sorts last; never NULL, or the keyset comparison would lose the row.
FAR_AHEAD = datetime(9999, 1, 1, tzinfo=UTC)


class Vendor(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)

    def __str__(self):
        return self.name


class Queue(models.Model):
    """A team's queue at the shared centre; joint, so the table has no municipality."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    icon = models.CharField(max_length=40, default="folder")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        permissions = [("work_queue", "Work the queue"), ("lead_queue", "Lead the queue")]

    def __str__(self):
        return self.name

    @property
    def slug(self):
        return self.code


class QueueUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class QueueGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Queue, on_delete=models.CASCADE)


class QueueCount(models.Model):
    """A part of how many tickets lie in a queue: the sum of `number` over the rows of a place is the count.

    The database appends rows whenever tickets change (triggers of migration 0003), so nobody waits for anybody;
    `tickets.counts.fold` puts them together.
    """

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status)
    is_assigned = models.BooleanField()
    number = models.IntegerField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("queue", "municipality", "status", name="queuecount_place")]

    def __str__(self):
        return f"{self.queue_id} {self.status} {self.number:+}"


class Service(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=120)
    vendor = models.ForeignKey(Vendor, null=True, blank=True, on_delete=models.PROTECT, related_name="services")

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Category(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(max_length=200, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="categories")
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT, related_name="categories")
    is_request = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name


class Channel(models.TextChoices):
    PORTAL = "portal", _("portal")
    PHONE = "phone", _("phone")
    DESK = "desk", _("at the desk")
    MAIL = "mail", _("e-mail")
    API = "api", "API"


def tenant_key(related_name="+", **options):
    """A foreign key whose target must lie in the same municipality; migrations add the composite constraint."""
    return {"on_delete": models.PROTECT, "related_name": related_name, **options}


class Ticket(models.Model):
    """One incident or service request. Changed by the verbs of `tickets.lifecycle` only."""

    class Kind(models.TextChoices):
        INCIDENT = "incident", _("incident")
        REQUEST = "request", _("service request")

    class Impact(models.IntegerChoices):
        ORGANISATION = 1, _("The whole organisation or critical supply")
        DEPARTMENT = 2, _("My department")
        PERSON = 3, _("Only me")

    class Urgency(models.IntegerChoices):
        STOPPED = 1, _("The work has stopped")
        HAMPERED = 2, _("The work is hampered")
        CAN_WAIT = 3, _("It can wait")

    class CancelReason(models.TextChoices):
        WITHDRAWN = "withdrawn", _("withdrawn by the user")
        DUPLICATE = "duplicate", _("filed twice")
        WRONG_MUNICIPALITY = "wrong_municipality", _("filed in the wrong municipality")
        SPAM = "spam", _("spam")

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )  # begins other indexes, as do queue and requester
    number = models.BigIntegerField(
        unique=True, editable=False, db_default=Func(models.Value("ticket_number"), function="nextval")
    )
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, **tenant_key("tickets", db_index=False))
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, **tenant_key(null=True, blank=True))
    site = models.ForeignKey(Site, **tenant_key("tickets", null=True, blank=True))
    department = models.CharField(max_length=300, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"))
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INCIDENT)
    impact = models.PositiveSmallIntegerField(choices=Impact, default=Impact.PERSON)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.HAMPERED)
    priority = models.PositiveSmallIntegerField()
    priority_reason = models.CharField(max_length=200, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="tickets")
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="tickets")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.PORTAL)
    vendor = models.ForeignKey(Vendor, null=True, on_delete=models.PROTECT, related_name="tickets")
    planned_at = models.DateTimeField(null=True)
    solution = models.TextField(blank=True)
    cancel_reason = models.CharField(max_length=20, choices=CancelReason, blank=True)
    follows = models.ForeignKey("self", **tenant_key("followed_by", null=True))
    merged_into = models.ForeignKey("self", **tenant_key("merged", null=True))
    major_incident = models.ForeignKey(
        "tickets.MajorIncident", null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    source = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField()
    first_resolved_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    has_answer = models.BooleanField(default=False)
    next_due_at = models.DateTimeField(default=FAR_AHEAD)
    changed_at = models.DateTimeField()

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "id"], name="ticket_tenant_key"),
            models.UniqueConstraint(
                fields=["municipality", "source", "external_id"], condition=~Q(source=""), name="ticket_external_id"
            ),
            models.CheckConstraint(condition=Q(priority__range=(1, 5)), name="ticket_priority_1_to_5"),
            models.CheckConstraint(
                condition=~Q(status=Status.CANCELLED) | ~Q(cancel_reason=""), name="ticket_cancelled_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ACTIVE) | Q(status=Status.MERGED) | Q(resolved_at__isnull=False),
                name="ticket_ended_has_an_instant",
            ),
        ]
        indexes = [
            models.Index("queue", "next_due_at", "id", condition=Q(status__in=ACTIVE), name="ticket_queue_next_due"),
            models.Index(
                "municipality", "next_due_at", "id", condition=Q(status__in=ACTIVE), name="ticket_mun_next_due"
            ),
            models.Index("assignee", "next_due_at", "id", condition=Q(status__in=ACTIVE), name="ticket_mine_next_due"),
            # What one agent holds is counted from this index alone.
            models.Index(
                "assignee",
                "queue",
                "municipality",
                "has_answer",
                condition=Q(status__in=ACTIVE),
                name="ticket_held_counts",
            ),
            models.Index(fields=["requester", "-received_at"], name="ticket_of_requester"),
            models.Index(fields=["received_at", "id"], name="ticket_received"),
            models.Index(fields=["municipality", "received_at", "id"], name="ticket_mun_received"),
            models.Index("municipality", "first_resolved_at", name="ticket_first_resolved"),
            models.Index("queue", "status", "municipality", name="ticket_counts"),
            models.Index("major_incident", condition=Q(major_incident__isnull=False), name="ticket_of_incident"),
            models.Index("municipality", "resolved_at", condition=Q(status=Status.RESOLVED), name="ticket_to_close"),
        ]

    def __str__(self):
        return f"{self.number} {self.subject}"

    def get_absolute_url(self):
        return reverse("tickets:ticket", args=[self.number])

    @property
    def is_active(self):
        return self.status in ACTIVE

    @property
    def is_ended(self):
        return self.status in ENDED

    @property
    def is_waiting(self):
        return self.status in WAITING

    def move_to(self, status: str) -> None:
        """Take the next status. Raises CannotFollow when the lifecycle forbids it."""
        check_transition(self.status, status)
        self.status = status


class Message(models.Model):
    class Kind(models.TextChoices):
        PUBLIC_REPLY = "public_reply", _("reply to the user")
        INTERNAL_NOTE = "internal_note", _("internal note")
        REQUESTER_REPLY = "requester_reply", _("answer from the user")
        AUTO_REPLY = "auto_reply", _("automatic reply")

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, **tenant_key("messages", db_index=False))
    kind = models.CharField(max_length=20, choices=Kind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.PORTAL)
    body = models.TextField()
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["municipality", "id"], name="message_tenant_key")]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="message_of_ticket")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_internal(self):
        return self.kind == self.Kind.INTERNAL_NOTE


class Attachment(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, **tenant_key("attachments"))
    message = models.ForeignKey(Message, **tenant_key("attachments", null=True))
    token = models.CharField(max_length=43, unique=True)
    file = models.FileField(max_length=100)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name


class Event(models.Model):
    """What happened to a ticket, in recorded order. Append-only; the clocks are rebuilt from these rows."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, **tenant_key("events", db_index=False))
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel, blank=True)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["ticket", "id"], name="event_of_ticket")]

    def __str__(self):
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class TimeEntry(models.Model):
    """Minutes worked on a ticket on a day: a cost driver, so append-only; a correction is a negative entry."""

    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey(Ticket, **tenant_key("time_entries"))
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    minutes = models.IntegerField()
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        # Holds all that a month's sums read, so that they never visit the rows. (billing.evidence)
        indexes = [models.Index(fields=["municipality", "day"], include=["ticket", "minutes"], name="time_of_days")]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__range=(-1440, 1440)) & ~Q(minutes=0), name="time_within_a_day")
        ]

    def __str__(self):
        return f"{self.minutes} min. {self.day}"
