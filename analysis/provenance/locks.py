"""Read the locks: which packages they hold, and which extras there are and are installed.

``requirements.lock`` (or that of a GPU) has the packages of every study, ``requirements-NAME.lock`` what the extra NAME
adds for studies that ask for it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis.errors import StudyError

__all__ = [
    "LOCK",
    "PROJECT",
    "distribution_name",
    "installed_extras",
    "known_extras",
    "lock_of",
    "locked",
    "missing_extra",
]

PROJECT = Path(__file__).resolve().parents[2]
LOCK = "requirements.lock"
_LOCK_OF = "requirements-{}.lock"
# these choose what JAX runs on
_JAX = {"cuda12", "cuda13"}


def lock_of(extra: str) -> Path:
    """The lock of an extra, there or not."""
    return PROJECT / _LOCK_OF.format(extra)


def known_extras() -> list[str]:
    """Names of all extras, sorted."""
    found = (
        path.name.removeprefix("requirements-").removesuffix(".lock") for path in PROJECT.glob(_LOCK_OF.format("*"))
    )
    return sorted({*found} - _JAX)


def missing_extra(name: str) -> list[str]:
    """Packages of an extra that are not installed in the version of its lock; empty if it serves.

    Args:
        name: of the extra.

    Raises:
        StudyError: there is no such extra; the message lists the known ones.
    """
    versions = locked(lock_of(name))
    if not versions or name in _JAX:
        raise StudyError(
            f"there is no extra {name!r}",
            cure=f"use one of: {', '.join(known_extras())}; pyproject.toml describes them",
        )
    return [package for package in _wanted(name, versions) if _version(package) != versions[package]]


def installed_extras() -> list[str]:
    """Names of the extras whose packages are all there."""
    return [name for name in known_extras() if not missing_extra(name)]


@cache
def locked(lock: Path) -> dict[str, str]:
    """Version of every package in a lock, by normalized name; empty if there is no such file."""
    if not lock.is_file():
        return {}
    found = re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)==([^\s;]+)", lock.read_text(encoding="utf-8"))
    return {distribution_name(name): version for name, version in found}


def distribution_name(name: str) -> str:
    """A distribution's name as indices write it.

    Examples:
        >>> distribution_name("PyYAML"), distribution_name("ruamel_yaml.clib")
        ('pyyaml', 'ruamel-yaml-clib')
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted(extra: str, versions: dict[str, str]) -> list[str]:
    """The packages that an extra is there for; what these need has come with them."""
    import tomllib

    try:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        asked = project["optional-dependencies"][extra]
    except (OSError, KeyError):
        # a capsule's own
        return sorted(versions.keys() - locked(PROJECT / LOCK).keys())
    return [distribution_name(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in asked]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
