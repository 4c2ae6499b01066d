"""A lack of memory is known as one, whatever notices it, and has the task's cure."""

from __future__ import annotations

import errno
import mmap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.checking.calling import call
from analysis.errors import DataError, ErumflowError, StudyError, TrainingError
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.diagnosis import explain_lack_of_memory
from tasks.framework.lack_of_memory import is_lack_of_memory, naming_the_cure

TASK: Any = SimpleNamespace(
    memory_cure=lambda: "take less memory", own_record=SimpleNamespace(address="store/study/Task/default-1 part_0")
)


def too_long_for_python() -> None:
    b"x" * 2**62


def too_long_for_the_kernel() -> None:
    mmap.mmap(-1, 2**46)


def too_long_for_jax() -> None:
    import jax.numpy as jnp

    jnp.ones((2**30, 2**20))


def in_a_training() -> None:
    with explain_lack_of_memory(TrainingSettings()):
        too_long_for_jax()


def in_a_step() -> None:
    call(too_long_for_python, {}, stage="selection", where="")


@pytest.mark.parametrize(
    ("fails", "kind", "problem"),
    [
        (too_long_for_python, ErumflowError, "there is not enough memory to make store/.* part_0 .MemoryError.\n"),
        (too_long_for_the_kernel, ErumflowError, "not enough memory to make .*Cannot allocate memory.\n"),
        (too_long_for_jax, ErumflowError, "not enough memory to make .*JaxRuntimeError: RESOURCE_EXHAUSTED: "),
        (in_a_training, TrainingError, "to train with batches of 512 events .RESOURCE_EXHAUSTED"),
        (in_a_step, StudyError, "the stage 'selection' failed: MemoryError"),
    ],
)
def test_it_is_told_with_the_tasks_cure(fails: Callable[[], None], kind: type[ErumflowError], problem: str):
    with pytest.raises(ErumflowError, match=problem) as found, naming_the_cure(TASK):
        fails()
    assert type(found.value) is kind
    assert found.value.cure == "take less memory"
    assert is_lack_of_memory(found.value)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("out of memory"),
        RuntimeError("something else"),
        OSError(errno.ENOSPC, "No space left on device"),
        DataError("out of memory", cure="another"),
    ],
)
def test_other_errors_stay_as_they_are(error: Exception):
    with pytest.raises(type(error)) as found, naming_the_cure(TASK):
        raise error
    assert found.value is error
