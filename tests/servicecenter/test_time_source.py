"""The clock that may jump, and the steady one made of it. Minutes since an arbitrary instant."""

from datetime import UTC, datetime, timedelta

import pytest

from servicecenter.time_source import SteadyTime, database_now, now

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class Machine:
    """A source whose error can be set, and a counter that only counts."""

    def __init__(self):
        self.passed = timedelta(days=3)
        self.error = timedelta(0)
        self.steady = SteadyTime(lambda: self.truth + self.error, counter=lambda: self.passed)

    @property
    def truth(self):
        return START + self.passed

    def after(self, span, *, error=None):
        """How far the steady clock then is from the truth."""
        self.passed += span
        self.error = self.error if error is None else error
        return self.steady.now() - self.truth


def test_the_time_is_that_of_the_source():
    machine = Machine()
    assert [machine.after(SECOND) for _ in range(3)] == [timedelta(0)] * 3


@pytest.mark.parametrize("error", [HOUR, -HOUR, timedelta(days=400)])
def test_a_jump_is_not_followed_at_once(error):
    machine = Machine()
    machine.after(SECOND)
    assert machine.after(SECOND, error=error) == timedelta(0)
    assert machine.after(9 * MINUTE) == timedelta(0)
    assert machine.after(SECOND, error=timedelta(0)) == timedelta(0)


@pytest.mark.parametrize("error", [HOUR, -HOUR])
def test_a_jump_that_lasts_is_the_truth(error):
    machine = Machine()
    machine.after(SECOND)
    machine.after(SECOND, error=error)
    assert machine.after(10 * MINUTE) == error


def test_to_and_fro_is_never_followed():
    machine = Machine()
    machine.after(SECOND)
    errors = [HOUR, -HOUR, timedelta(0)] * 20
    assert {machine.after(9 * MINUTE, error=error) for error in errors} == {timedelta(0)}


def test_a_clock_that_is_a_little_fast_is_followed():
    machine = Machine()
    assert [machine.after(SECOND, error=number * SECOND / 10) for number in range(40)][-1] == 3.9 * SECOND


@pytest.mark.django_db
def test_the_source_is_the_database_and_goes_on_within_a_transaction():
    first = database_now()
    second = database_now()
    assert first < second
    assert first.tzinfo is UTC
    assert abs(now() - second) < MINUTE


@pytest.mark.django_db
def test_a_verb_without_an_instant_asks_the_one_source(monkeypatch):
    from servicecenter import time_source
    from tests.factories import make_ticket

    monkeypatch.setattr(time_source, "now", lambda: START + timedelta(milliseconds=300))
    assert make_ticket(at=None).received_at == START
