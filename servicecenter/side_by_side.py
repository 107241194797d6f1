"""Long work divided among processes, each with connections of its own.

They begin from nothing instead of as copies of this process: a copy would inherit the locks that other threads hold at
that moment, and wait for them for ever.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

import django
from django.db import connections

Part = TypeVar("Part")
Told = TypeVar("Told")


def side_by_side(work: Callable[[Part], Told], parts: Sequence[Part], *, processes: int) -> Iterator[Told]:
    """What `work` tells of each part, in their order, with the databases of this process. Raises what `work` raises."""
    databases = {alias: connections[alias].settings_dict for alias in connections}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(databases,)) as pool:
        yield from pool.map(work, parts)


def _begin(databases: dict[str, dict[str, Any]]) -> None:
    django.setup()
    for alias, settings in databases.items():
        connections[alias].settings_dict.update(settings)
