"""The state of records in a store: whether the present code makes them, and what else they are kept for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from analysis.errors import ErumflowError
from analysis.provenance.inventory import StoredPlace
from analysis.provenance.pruning import PRESERVING
from tasks.current import is_current, pinned_keys
from tasks.framework.settings import study_named

__all__ = ["STATES", "states_of", "study_problem"]

#: what records may be, and what that means
STATES = {
    "current": "the present code makes them, with a study's own settings",
    "changed": "the present code makes them, with changed settings",
    "pinned": "law.cfg freezes a step to them",
    "adopted": "they were made by other code, and somebody took them over",
    "preserved": "they are a capsule or a verdict on one, or a capsule was made of them",
    "unknown": "their study cannot be loaded",
    "old": "none of these",
}


def states_of(place: StoredPlace, manifest: Mapping[str, Any] | None, preserved: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the states of a place's records, the most important one first.

    Args:
        place: of the records.
        manifest: of one of them.
        preserved: places that capsules were made of.
    """
    found = []
    if study_problem(place.study):
        found.append("unknown")
    elif manifest is not None and place.task not in PRESERVING:
        if is_current(place.place, manifest, ""):
            found.append("current")
        elif manifest.get("parameters", {}).get("set") and is_current(place.place, manifest):
            found.append("changed")
    if any(place.key.startswith(key) for key in pinned_keys()):
        found.append("pinned")
    if manifest is not None and manifest.get("adopted"):
        found.append("adopted")
    if place.task in PRESERVING or place.place in preserved:
        found.append("preserved")
    return tuple(found) or ("old",)


@cache
def study_problem(name: str) -> str:
    """Say why a study cannot be loaded; empty if it can."""
    try:
        study_named(name)
    except ErumflowError as error:
        return error.problem
    return ""
