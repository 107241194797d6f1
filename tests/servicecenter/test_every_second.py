import logging
import threading
from datetime import UTC, datetime

import pytest

from servicecenter import every_second, time_source


@pytest.mark.django_db
def test_the_next_time_is_just_after_the_next_second(monkeypatch):
    monkeypatch.setattr(time_source, "now", lambda: datetime(2026, 11, 2, 8, 0, 0, 750_000, tzinfo=UTC))
    assert every_second.run_once(lambda: None) == pytest.approx(0.26)


@pytest.mark.django_db
def test_what_fails_is_told_and_tried_again_in_a_second(monkeypatch, caplog):
    def fail():
        raise OSError("the server is away")

    monkeypatch.setattr(every_second.connections, "close_all", lambda: None)  # the test's own connection lives on
    with caplog.at_level(logging.ERROR):
        assert every_second.run_once(fail) == 1.0
    assert "the server is away" in caplog.text


@pytest.mark.django_db
def test_a_task_that_hangs_keeps_no_other_waiting(settings, monkeypatch):
    hangs, runs = threading.Event(), threading.Event()
    monkeypatch.setattr(every_second, "import_string", {"hanging": hangs.wait, "running": runs.set}.get)
    monkeypatch.setattr(every_second, "run_once", lambda task: (task(), 3600)[1])  # each but once
    settings.EVERY_SECOND = ["hanging", "running"]
    every_second.begin()
    assert runs.wait(5)
    hangs.set()
