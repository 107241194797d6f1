"""What the person at the keyboard sees while things start: one line per step, with its seconds."""

import sys
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


@contextmanager
def long_step(title: str) -> Iterator["Indented"]:
    """For a step that tells about itself while it works."""
    begin = time.monotonic()
    say(f"  {title} …")
    yield Indented()
    say(f"  {title}: {time.monotonic() - begin:.1f} s")


class Indented:
    """Standard output, below the title of a step."""

    def write(self, text: str) -> int:
        lines = (f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
        return sys.stdout.write("".join(lines))

    def flush(self) -> None:
        sys.stdout.flush()
