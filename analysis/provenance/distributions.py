"""Installed distributions: which one a package belongs to, whether a lock names it, and what it holds as it is now."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
from functools import cache
from pathlib import Path

from analysis.provenance.locks import PROJECT, distribution_name, locked

__all__ = ["INSTALLED", "content_of", "distribution_in", "has_record", "is_locked", "name_of", "packages_of"]

#: folders that hold distributions and little else
INSTALLED = {"site-packages", "dist-packages"}
# differs between environments of the same distributions
_OF_ENVIRONMENT = re.compile(r"^(\.\.|[^,]*\.dist-info/(INSTALLER|REQUESTED|RECORD|direct_url)|[^,]*\.pyc,)")


@cache
def distribution_in(folder: Path, top: str) -> Path | None:
    """The metadata of the distribution in a folder that a module or package in it belongs to."""
    found = _distributions(folder)
    start = re.compile(rf"^{re.escape(top)}[/.]", re.MULTILINE)
    named = found.get(distribution_name(top))
    # an editable installation leaves metadata without the package
    if named is not None and (is_locked(named) or not (listed := _listed(named)) or start.search(listed)):
        return named
    return next((info for info in found.values() if start.search(_listed(info))), None)


def name_of(info: Path) -> str:
    """Normalized name of a distribution, by its metadata's folder."""
    return distribution_name(info.name.rpartition(".")[0].partition("-")[0])


@cache
def is_locked(info: Path) -> bool:
    """Whether one of the project's locks, those of extras included, names a distribution."""
    return any(name_of(info) in locked(lock) for lock in PROJECT.glob("requirements*.lock"))


def has_record(info: Path) -> bool:
    """Whether a distribution tells the digests of its files."""
    return (info / "RECORD").is_file()


def packages_of(info: Path) -> frozenset[str]:
    """Top-level packages and modules of a distribution."""
    listed = {line.partition(",")[0].split("/")[0].partition(".")[0] for line in _listed(info).splitlines()}
    return frozenset(name for name in listed if name.isidentifier() and name != "__pycache__")


@cache
def content_of(info: Path) -> str:
    """Digest of a distribution's version and files, as they are installed now.

    Files that were touched after the installation, or have another size, are read.
    """
    record = info / "RECORD"
    text = record.read_text(encoding="utf-8", errors="replace")
    installed = record.stat().st_ctime_ns
    kept = [info.name, *sorted(line for line in text.splitlines() if not _OF_ENVIRONMENT.match(line))]
    for name, digest, size in (row for row in csv.reader(text.splitlines()) if len(row) == 3):
        kind, _, expected = digest.partition("=")
        if kind != "sha256" or _OF_ENVIRONMENT.match(f"{name},"):
            continue
        path = info.parent / name
        try:
            state = path.stat()
            if state.st_ctime_ns <= installed and (not size or state.st_size == int(size)):
                continue
            found = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        except OSError:
            found = "missing"
        if found != expected:
            kept.append(f"{name} {found}")
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


@cache
def _distributions(root: Path) -> dict[str, Path]:
    # beside a project's own code, setuptools leaves metadata of an editable installation
    endings = (".dist-info", ".egg-info") if root.name in INSTALLED else (".dist-info",)
    try:
        names = sorted(entry.name for entry in os.scandir(root) if entry.name.endswith(endings))
    except OSError:
        return {}
    return {name_of(root / name): root / name for name in names}


@cache
def _listed(info: Path) -> str:
    """Return the list of what a distribution installed, a line each; some systems take the full list away."""
    for name in ("RECORD", "installed-files.txt", "top_level.txt"):
        try:
            text = (info / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return text if name == "RECORD" else re.sub(r"(?m)^(\.\./)?([^\s/]+)$", r"\2/", text)
    return ""
