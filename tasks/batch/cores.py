"""Processor cores that this process may use, and restriction to as many as a job or a process of it was given."""

from __future__ import annotations

import os

__all__ = ["VARIABLES", "keep_to", "usable_cores"]

#: how many threads JAX (NPROC, undocumented), OpenMP, NumPy's and others' linear algebra, and Python use
VARIABLES = ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHON_CPU_COUNT")


def usable_cores() -> int:
    """Number of processor cores that the system lets this process use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_to(cores: int) -> None:
    """Let the libraries that this process has yet to load use no more threads than cores that it is given.

    It is not bound to certain cores: jobs of a node know nothing of each other and could all choose the same ones.
    Where the batch system binds it, or says less by the same variables, that holds too.
    """
    for name in VARIABLES:
        said = os.environ.get(name, "")
        os.environ[name] = str(min(cores, int(said)) if said.isdecimal() and int(said) else cores)
