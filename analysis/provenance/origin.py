"""Tell modules that belong to Python or to an installed distribution from everybody's own, by where they lie.

A manifest records the versions of Python and of all distributions; of what is nobody's, such as a study in a folder, an
editable installation or a file put beside the packages, only the source itself says what it is.
"""

from __future__ import annotations

import importlib.util
import sysconfig
from functools import cache
from pathlib import Path

from analysis.provenance.distributions import INSTALLED, distribution_in, has_record, is_locked, name_of, packages_of

__all__ = [
    "distribution_of",
    "is_first_party",
    "own_places",
    "package_folders",
    "packages_with",
    "places_of",
    "unlocked_distribution",
]

_PROJECT = frozenset({"analysis", "tasks"})


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
    """Top-level packages of the distribution, none of a lock, that installed one of them; else none."""
    info = None if is_first_party(top) else _installed(top)
    if info is None or is_locked(info):
        return frozenset()
    return packages_of(info) | {top}


@cache
def unlocked_distribution(top: str) -> Path | None:
    """Metadata of the distribution that installed a top-level package and stands in no lock; ``None`` for others."""
    info = None if is_first_party(top) else _installed(top)
    return None if info is None or is_locked(info) else info


def distribution_of(top: str) -> str:
    """Normalized name of the distribution that a top-level module belongs to; empty if it is none's."""
    info = _installed(top)
    return "" if info is None else name_of(info)


def _installed(top: str) -> Path | None:
    places = (place for place in places_of(top) if not _is_pythons(place))
    return next((info for place in places if (info := distribution_in(place.parent, top)) is not None), None)


@cache
def package_folders(top: str) -> tuple[Path, ...]:
    """Folders in which the modules of a top-level package lie; a single module lies beside its own."""
    return tuple(place if place.is_dir() else place.with_name(top) for place in places_of(top))


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
    if _is_pythons(place):
        return False
    info = distribution_in(place.parent, top)
    # of what a manifest cannot tell the content, only the source itself says what it is
    return info is None or not (is_locked(info) or has_record(info))


def _is_pythons(place: Path) -> bool:
    return INSTALLED.isdisjoint(place.parts) and any(map(place.is_relative_to, _standard_library()))


@cache
def _standard_library() -> tuple[Path, ...]:
    return tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
