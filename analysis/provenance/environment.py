"""Conditions that a result was made under: source, software, machine and resources. None of them decides a key."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.provenance import locks

__all__ = ["Measurement", "compute", "device", "host", "peak_memory", "software", "source"]


@cache
def source(file: str = __file__) -> dict[str, Any]:
    """Git commit of a file's repository and whether files differ from it; ``None`` where there is no repository of it.

    Args:
        file: name of the file; the default is one of this project's.
    """
    folder = str(Path(file).parent)
    # installed below somebody else's repository, this file is not in it
    if _git(folder, "ls-files", "--error-unmatch", file) is None:
        return {"commit": None, "dirty": None}
    changes = _git(folder, "status", "--porcelain")
    return {"commit": _git(folder, "rev-parse", "HEAD"), "dirty": None if changes is None else bool(changes)}


def _git(folder: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            # without its locks, so that a user's own git command beside a run does not fail
            ["git", "--no-optional-locks", "-C", folder, *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


_HEAD = re.compile(r"^(Name|Version): *(.*?) *$", re.MULTILINE)


@cache
def software() -> dict[str, Any]:
    """Version of Python and of every installed package, the digest of the lock file, and of packages outside it.

    Packages that neither the lock nor an installed extra's lock names have the digest of what they installed.
    """
    found: dict[str, metadata.Distribution] = {}
    packages: dict[str, str] = {}
    for distribution in metadata.distributions():
        # a broken installation beside the good ones has no metadata
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        # importlib.metadata would parse all of it, descriptions included, for each of them
        head = dict(_HEAD.findall(text.replace("\r\n", "\n").partition("\n\n")[0]))
        if "Name" in head and head["Name"] not in found:  # the first one is imported
            found[head["Name"]], packages[head["Name"]] = distribution, head.get("Version", "")
    # setup.sh installs one lock or the other
    installed = (f"requirements-{cuda}.lock" for cuda in ("cuda13", "cuda12") if f"jax-{cuda}-plugin" in packages)
    lock = locks.PROJECT / next(installed, locks.LOCK)
    known = set().union(*map(locks.locked, [lock, *map(locks.lock_of, locks.installed_extras())]))
    unlocked = sorted(name for name in packages if locks.distribution_name(name) not in known)
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
        "lock": lock.name,
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        "unlocked": {name: {"version": packages[name], "sha256": _digest_of(found[name])} for name in unlocked},
    }


def _digest_of(distribution: metadata.Distribution) -> str | None:
    """Digest of a distribution's list of files and their digests, without what differs between environments."""
    if (record := distribution.read_text("RECORD")) is None:
        return None
    own = re.compile(r"^(\.\.|[^,]*\.dist-info/(INSTALLER|REQUESTED|RECORD|direct_url)|[^,]*\.pyc,)")
    kept = [line for line in record.splitlines() if not own.match(line)]
    return hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest()


@cache
def host() -> dict[str, Any]:
    """Name, system and processor of this machine."""
    return {
        "name": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        # its functions compute, too
        "libc": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
        "processor": _of_processor("model name"),
        "features": _features(),
        "cores": os.cpu_count(),
    }


def _features() -> str:
    """Digest of the processor's instruction sets, by which libraries choose their code; empty if not known."""
    found = _of_processor("flags") or _of_processor("Features")  # x86 and Arm
    return hashlib.sha256(" ".join(sorted(found.split())).encode()).hexdigest()[:12] if found else ""


def _of_processor(name: str) -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.partition(":")[0].strip() == name:
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() if name == "model name" else ""


def compute() -> None:
    """Find out once what :func:`source`, :func:`software` and :func:`host` tell, for processes forked from this one."""
    source(), software(), host()


def device() -> str:
    """The device that computed: JAX's if this process used it, else the processor."""
    jax = sys.modules.get("jax")
    if jax is None:
        return "cpu"
    try:
        return ", ".join(sorted({d.device_kind for d in jax.devices()}))
    except RuntimeError:  # imported, but it finds no device: then it computed nothing
        return "cpu"


@dataclass
class Measurement:
    """Time and memory between its making and :meth:`stop`."""

    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    _wall: float = field(default_factory=time.perf_counter, repr=False)
    _cpu: float = field(default_factory=time.process_time, repr=False)

    def __post_init__(self) -> None:
        # a worker runs many tasks one after the other: begin the peak anew where the system can
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "wb", buffering=0) as file:
            file.write(b"5")

    def stop(self) -> dict[str, Any]:
        """Start and end (UTC), seconds of wall and processor time, peak memory in bytes."""
        return {
            "start": self.start.isoformat(timespec="milliseconds"),
            "end": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seconds": round(time.perf_counter() - self._wall, 3),
            "cpu_seconds": round(time.process_time() - self._cpu, 3),
            "peak_memory_bytes": peak_memory(),
        }


def peak_memory() -> int:
    """Most bytes of memory that this process had since a measurement began last."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", "rb", buffering=0) as file:
        return int(file.read(8192).partition(b"VmHWM:")[2].split(None, 1)[0]) * 1024
    # macOS counts in bytes, Linux in kibibytes; without /proc it is not Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
