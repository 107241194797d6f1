import os
import subprocess
import sys

from servicecenter.local.slots import VARIABLE, redis_databases, slot_of_this_run

TAKE = """
import sys
from servicecenter.local.slots import slot_of_this_run
print(slot_of_this_run(), flush=True)
sys.stdin.readline()
"""


def another_run(**environment):
    outside = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-c", TAKE]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=outside | environment
    )


def test_runs_at_the_same_time_hold_different_slots_and_the_dead_give_theirs_back():
    with another_run() as first, another_run() as second:
        slots = [int(first.stdout.readline()), int(second.stdout.readline())]
        assert len({*slots, slot_of_this_run()}) == 3
        first.kill()
        first.wait()
        with another_run() as third:
            assert int(third.stdout.readline()) not in {slots[1], slot_of_this_run()}
            third.kill()
        second.kill()


def test_what_a_test_starts_uses_the_slot_of_its_run():
    with another_run(**{VARIABLE: str(slot_of_this_run())}) as child:
        assert int(child.stdout.readline()) == slot_of_this_run()
        child.kill()


def test_each_slot_has_two_numbers_of_redis_and_none_is_the_desks():
    slot = slot_of_this_run()

    assert redis_databases() == (2 * slot, 2 * slot + 1)
    assert min(redis_databases()) >= 2
    assert max(redis_databases()) <= 15
