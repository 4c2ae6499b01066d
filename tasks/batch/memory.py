"""Memory of this machine, as far as this process may use it, and of processes."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Any

from analysis.provenance.environment import peak_memory

__all__ = ["available_memory", "total_memory", "used_memory"]

# of version 2, and of version 1
_LIMITS = (("memory.max", "memory.current", ""), ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory"))
SMALL_BYTES = 1 << 27
_CGROUPS = Path("/sys/fs/cgroup")


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
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if most < SMALL_BYTES:
        return most, most
    try:
        now = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        now = most
    return now, peak_memory()


def _control_group(groups: Path = _CGROUPS, of_process: Path = Path("/proc/self/cgroup")) -> tuple[int, int]:
    """Limit and use of this process's control group in bytes, without what is only cached; zeros for no limit."""
    try:
        lines = of_process.read_text().splitlines()
    except OSError:
        return 0, 0
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for maximum, current, controller in _LIMITS:
            if controller not in controllers.split(","):
                continue
            # in a container the group's own folder is the root that is seen
            for folder in (groups / controller / path.lstrip("/"), groups / controller):
                found = _limit_of(folder, maximum, current)
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
