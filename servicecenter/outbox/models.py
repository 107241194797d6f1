"""Mails on their way: rows first, so that what was promised is sent, whatever happens to workers and servers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicecenter.tenancy.querysets import OwnedQuerySet


class MailQuerySet(OwnedQuerySet):
    def due(self, *, at):
        """Waiting, and neither put off nor in the hands of a sender."""
        return self.filter(state=Mail.State.WAITING, next_attempt_at__lte=at)

    def dead(self):
        return self.filter(state=Mail.State.DEAD)


class Mail(models.Model):
    """One mail to one address, of the municipality whose matter it tells; the recipient may work elsewhere.

    `cause` says why it is sent: the same cause writes one row, ever. `attempts` counts the attempts begun, and a sender
    writes its outcome only while that number is still its own. A claim moves `next_attempt_at` to the end of the
    sender's lease. A mail with a `text_name` keeps no words: they are made when it is sent (`outbox.texts`).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        DEAD = "dead", _("not delivered")

    municipality = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=200)
    address = models.EmailField()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text_name = models.CharField(max_length=40, blank=True)
    text_data = models.JSONField(default=dict)
    message_id = models.CharField(max_length=200)
    thread_id = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    useful_until_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "cause"], name="mail_once_per_cause"),
            models.UniqueConstraint(fields=["municipality", "id"], name="mail_tenant_key"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="mail_sent_has_an_instant",
            ),
            models.CheckConstraint(condition=~Q(message_id=""), name="mail_has_a_message_id"),
        ]
        indexes = [
            models.Index("next_attempt_at", "id", condition=Q(state="waiting"), name="mail_due"),
            models.Index("municipality", "id", condition=Q(state="dead"), name="mail_dead"),
            models.Index("sent_at", condition=Q(erased_at__isnull=True, state="sent"), name="mail_to_erase"),
        ]

    def __str__(self):
        return f"{self.cause} → {self.address}"


class MailFile(models.Model):
    """A file that a mail carries, kept until its mail is erased; `sha256` is checked before it is sent."""

    municipality = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")
    mail = models.ForeignKey(Mail, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name
