"""A lack of memory while a record is made, told the same way whatever notices it: Python, JAX or the kernel."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analysis.errors import ErumflowError

__all__ = ["is_lack_of_memory", "naming_the_cure"]


@contextmanager
def naming_the_cure(task: Any) -> Iterator[None]:
    """Turn a lack of memory into a message that says what of the task takes less.

    Args:
        task: a :class:`~tasks.batch.workflow.BatchTask`, whose record is made.

    Raises:
        ErumflowError: there was not enough memory.
    """
    try:
        yield
    except Exception as error:
        if not is_lack_of_memory(error):
            raise
        if isinstance(error, ErumflowError):
            raise type(error)(error.problem, cure=task.memory_cure()) from error
        said = str(error).strip().partition("\n")[0]
        what = f"{type(error).__name__}: {said}".rstrip(": ")
        record = task.own_record.address
        raise ErumflowError(f"there is not enough memory to make {record} ({what})", cure=task.memory_cure()) from error


def is_lack_of_memory(error: BaseException | None) -> bool:
    """Whether an error says that there is not enough memory, or was raised because one did."""
    if error is None:
        return False
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    # of XLA, on any device
    if isinstance(error, RuntimeError) and ("RESOURCE_EXHAUSTED" in str(error) or "ut of memory" in str(error)):
        return True
    return isinstance(error, ErumflowError) and is_lack_of_memory(error.__cause__)
