"""Blocks built by several processes and handed over in their order."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")
_AHEAD = 2  # finished blocks a worker may be ahead, which bounds memory


def blocks_in_order(
    build: Callable[[Work], Result], tasks: Iterable[Work], workers: int
) -> Iterator[Result]:
    """Results in the order of the tasks; one worker builds in this process."""
    if workers <= 1:
        yield from map(build, tasks)
        return
    with multiprocessing.get_context().Pool(workers) as pool:
        waiting: deque[multiprocessing.pool.AsyncResult[Result]] = deque()
        for task in tasks:
            waiting.append(pool.apply_async(build, (task,)))
            if len(waiting) > workers * _AHEAD:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()
