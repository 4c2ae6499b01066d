"""Tell modules that belong to Python or to an installed distribution from everybody's own, by where they lie.

A manifest records the versions of Python and of all distributions; of what is nobody's, such as a study in a folder, an
editable installation or a file put beside the packages, only the source itself says what it is.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sysconfig
from functools import cache
from pathlib import Path

from analysis.provenance.locks import LOCK, PROJECT, distribution_name, locked

__all__ = ["distribution_of", "is_first_party", "own_places", "package_folders", "packages_with", "places_of"]

_PROJECT = frozenset({"analysis", "tasks"})
# folders that hold distributions and little else
_INSTALLED = {"site-packages", "dist-packages"}


@cache
def is_first_party(top: str) -> bool:
    """Whether a top-level module or package is neither Python's nor an installed distribution's.

    An editable installation lies outside the folders of distributions, so its packages are first-party.

    Args:
        top: name of the module or package; nothing is imported.

    Examples:
        >>> [is_first_party(name) for name in ("analysis", "json", "numpy", "yaml", "not_there")]
        [True, False, False, False, False]
    """
    return top in _PROJECT or any(_is_own(place, top) for place in places_of(top))


def own_places(top: str) -> list[Path]:
    """Return the locations of a top-level package; of one that a distribution shares, only those outside of that."""
    places = places_of(top)
    return [place for place in places if _is_own(place, top)] or list(places)


def packages_with(top: str) -> frozenset[str]:
    """Top-level packages of the distribution, none of the lock, that installed one of them; else none."""
    for place in () if is_first_party(top) or _is_locked(top) else places_of(top):
        if (info := _distribution_in(place.parent, top)) is not None:
            listed = {line.partition(",")[0].split("/")[0].partition(".")[0] for line in _record(info).splitlines()}
            return frozenset(name for name in listed if name.isidentifier() and name != "__pycache__") | {top}
    return frozenset()


def _is_locked(top: str) -> bool:
    return distribution_of(top) in locked(PROJECT / LOCK)


def distribution_of(top: str) -> str:
    """Normalized name of the distribution that a top-level module belongs to; empty if it is none's."""
    for place in places_of(top):
        if not _is_pythons(place) and (info := _distribution_in(place.parent, top)) is not None:
            return distribution_name(info.name.partition("-")[0])
    return ""


@cache
def package_folders(top: str) -> tuple[Path, ...]:
    """Folders in which the modules of a top-level package lie; a single module lies beside its own."""
    return tuple(place if place.is_dir() else place.with_suffix("") for place in places_of(top))


@cache
def places_of(top: str) -> tuple[Path, ...]:
    """Return the locations of a top-level package or module: folders, or one file; none if built in or not there."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # a script's __main__, and names that are none
        return ()
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        return tuple(Path(place) for place in spec.submodule_search_locations)
    # built-in and frozen modules have a word there
    return (Path(spec.origin),) if spec.origin and spec.has_location else ()


def _is_own(place: Path, top: str) -> bool:
    return not _is_pythons(place) and _distribution_in(place.parent, top) is None


def _is_pythons(place: Path) -> bool:
    return _INSTALLED.isdisjoint(place.parts) and any(map(place.is_relative_to, _standard_library()))


@cache
def _standard_library() -> tuple[Path, ...]:
    return tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})


@cache
def _distribution_in(root: Path, top: str) -> Path | None:
    """The metadata of the distribution in a folder that a module in it belongs to."""
    found = _distributions(root)
    if (info := found.get(distribution_name(top))) is not None:
        return info
    start = re.compile(rf"^{re.escape(top)}[/.]", re.MULTILINE)
    return next((info for info in found.values() if start.search(_record(info))), None)


@cache
def _distributions(root: Path) -> dict[str, Path]:
    # beside a project's own code, setuptools leaves metadata of an editable installation
    endings = (".dist-info", ".egg-info") if root.name in _INSTALLED else (".dist-info",)
    try:
        names = sorted(entry.name for entry in os.scandir(root) if entry.name.endswith(endings))
    except OSError:
        return {}
    return {distribution_name(name.rpartition(".")[0].partition("-")[0]): root / name for name in names}


@cache
def _record(info: Path) -> str:
    """Return the list of what a distribution installed, a line each; some systems take the full list away."""
    for name in ("RECORD", "installed-files.txt", "top_level.txt"):
        try:
            text = (info / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return text if name == "RECORD" else re.sub(r"(?m)^(\.\./)?([^\s/]+)$", r"\2/", text)
    return ""
