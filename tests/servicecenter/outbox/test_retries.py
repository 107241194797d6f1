from datetime import timedelta

from servicecenter.outbox.retries import MOST_ATTEMPTS, wait_after


def test_a_mail_is_tried_after_1_5_15_and_60_minutes_then_hourly_for_three_days():
    waits = [wait_after(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert [wait.total_seconds() / 60 for wait in waits[:4]] == [1, 5, 15, 60]
    assert set(waits[4:]) == {timedelta(hours=1)}
    assert sum(waits[4:], timedelta()) == timedelta(days=3)


def test_then_never():
    assert wait_after(MOST_ATTEMPTS) is None
    assert wait_after(MOST_ATTEMPTS + 1) is None
