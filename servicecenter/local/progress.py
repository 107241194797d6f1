"""What the person at the keyboard sees while things start: one line per step, with its seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    begin = time.monotonic()
    print(f"  {title} …", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("stopped", flush=True)
        raise
    print(f"{time.monotonic() - begin:.1f} s", flush=True)
