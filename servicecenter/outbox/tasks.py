"""The sender's wake-ups. The rows are the truth: a lost or doubled call changes nothing but the delay."""

from celery import shared_task

# Below the lease of a mail (sending.LEASE): a sender that hangs is killed before another one takes its mail.
SECONDS_TO_SEND = 240


@shared_task(time_limit=SECONDS_TO_SEND, expires=60)
def send_mails() -> None:
    from servicecenter.outbox.sending import send_waiting

    send_waiting()


@shared_task
def erase_mails() -> None:
    from servicecenter import time_source
    from servicecenter.outbox.keeping import erase_old

    erase_old(now=time_source.now())


def wake_sender() -> None:
    """Without the queue it is beat that wakes the sender, some seconds later; the request goes on at once."""
    send_mails.apply_async(retry=False)
