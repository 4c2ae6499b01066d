"""Memory of this machine, as far as this process may use it, and of processes."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.provenance.environment import peak_memory

__all__ = ["available_memory", "in_bytes", "kernel_kills", "total_memory", "used_memory"]

# of version 2, and of version 1, by their controller
_LIMITS = {"": ("memory.max", "memory.current"), "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes")}
SMALL_BYTES = 1 << 27
_CGROUPS, _OF_PROCESS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def total_memory() -> int:
    """Bytes of memory of the machine, or fewer if a control group allows fewer."""
    limit, _ = _control_group()
    total = int(_machine().total)
    return min(total, limit) if limit else total


def available_memory() -> int:
    """Bytes of memory that can be had without swapping, within the limit of the control group if there is one."""
    limit, used = _control_group()
    available = int(_machine().available)
    return min(available, max(limit - used, 0)) if limit else available


def _machine() -> Any:
    # a command that makes nothing does without it
    import psutil

    return psutil.virtual_memory()


def used_memory() -> tuple[int, int]:
    """Bytes of memory that this process has now, and the most that it had since a measurement began last.

    Both are upper limits where they are of no consequence, because asking takes a while.
    """
    most = in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    if most < SMALL_BYTES:
        return most, most
    try:
        now = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        now = most
    return now, peak_memory()


def in_bytes(most: int) -> int:
    """Bytes of what the system counts as ``ru_maxrss``."""
    return most * (1 if sys.platform == "darwin" else 1024)


def kernel_kills(groups: Path = _CGROUPS, of_process: Path = _OF_PROCESS, machine: Path = Path("/proc/vmstat")) -> int:
    """Count the processes that the kernel has ended for their memory: of this one's control group, else of the machine.

    It tells something by growing, and not where Linux does not count.
    """
    counts = [
        folder / ("memory.oom_control" if controller else "memory.events")
        for folder, controller in _own_groups(groups, of_process)
    ]
    for file in (*counts, machine):
        with contextlib.suppress(OSError, ValueError):
            known = dict(line.split(maxsplit=1) for line in file.read_text().splitlines())
            if "oom_kill" in known:
                return int(known["oom_kill"])
    return 0


def _own_groups(groups: Path, of_process: Path) -> Iterator[tuple[Path, str]]:
    """Yield the folders that may be of this process's control group, each with its controller; empty in version 2."""
    try:
        lines = of_process.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in _LIMITS:
            if controller in controllers.split(","):
                # in a container the group's own folder is the root that is seen
                yield groups / controller / path.lstrip("/"), controller
                yield groups / controller, controller


def _control_group(groups: Path = _CGROUPS, of_process: Path = _OF_PROCESS) -> tuple[int, int]:
    """Limit and use of this process's control group in bytes, without what is only cached; zeros for no limit."""
    for folder, controller in _own_groups(groups, of_process):
        found = _limit_of(folder, *_LIMITS[controller])
        if found[0]:
            return found
    return 0, 0


def _limit_of(folder: Path, maximum: str, current: str) -> tuple[int, int]:
    try:
        limit = (folder / maximum).read_text().strip()
        used = int((folder / current).read_text())
        cached = [line.split() for line in (folder / "memory.stat").read_text().splitlines()]
    except (OSError, ValueError):
        return 0, 0
    # version 1 says an absurd number where there is no limit
    if limit == "max" or int(limit) > 2**60:
        return 0, 0
    inactive = sum(int(number) for name, number in cached if name in ("inactive_file", "total_inactive_file"))
    return int(limit), max(used - inactive, 0)
