"""HistFactory workspaces from files, with the patch of a signal: what experiments publish on HEPData.

Patches are those of RFC 6902, patch sets those of pyhf (schema 1.0.0; ATL-PHYS-PUB-2019-029).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError

__all__ = ["read_workspace_file"]

# names of an error's message
_NAMED = 20


def read_workspace_file(
    workspace: Path, patch: Path | None = None, patch_name: str = "", measurement: str = ""
) -> dict[str, Any]:
    """Read a workspace and apply a patch to it.

    Args:
        workspace: a JSON file.
        patch: a JSON file with a patch or a patch set, applied to the workspace.
        patch_name: which patch of a set; may be empty where the set has one only.
        measurement: the one of the workspace's measurements that is kept; the first one if empty.

    Returns:
        The workspace, with one measurement. Its content is checked by whatever builds a model of it.

    Raises:
        StudyError: a file is missing or no JSON, the patch does not fit the workspace, or there is no such patch or
            measurement. The message names the file.
    """
    found = _read(workspace, "workspace")
    if not isinstance(found, dict) or not isinstance(found.get("measurements"), list):
        raise StudyError(
            f"the file {workspace} is no HistFactory workspace: it has no list 'measurements'",
            cure="give a workspace as pyhf writes it: 'channels', 'observations', 'measurements', 'version'",
        )
    if patch is not None:
        found = _patched(found, workspace, patch, patch_name)
    elif patch_name:
        raise StudyError(f"the patch {patch_name!r} is named, and no file", cure="name the patch set with --patch FILE")
    return {**found, "measurements": [_measurement(found["measurements"], measurement, workspace)]}


def _read(path: Path, what: str) -> Any:
    cure = f"give a JSON file with a {what}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(f"there is no {what} {path}", cure="correct the path") from None
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text in UTF-8"
        raise StudyError(f"the {what} {path} cannot be read: {reason}", cure=cure) from None
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        reason = str(problem) if isinstance(problem, json.JSONDecodeError) else "it is nested too deeply"
        raise StudyError(f"the {what} {path} is no JSON: {reason}", cure=cure) from None


def _patched(workspace: dict[str, Any], place: Path, patch: Path, name: str) -> dict[str, Any]:
    # imported here: it takes a while; jsonpatch is what pyhf applies patches with
    import jsonpatch
    import jsonpointer

    operations = _operations(_read(patch, "patch"), workspace, place, patch, name)
    named = f"the patch {name!r} of {patch}" if name else f"the patch {patch}"
    try:
        patched = jsonpatch.JsonPatch(operations).apply(workspace)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, KeyError, TypeError, ValueError) as problem:
        raise StudyError(
            f"{named} does not fit the workspace {place}: {str(problem) or type(problem).__name__}",
            cure="give the patch together with the workspace that it was written for",
        ) from None
    if not isinstance(patched, dict) or not isinstance(patched.get("measurements"), list):
        raise StudyError(f"{named} leaves no measurements in the workspace {place}", cure="look at its operations")
    return patched


def _operations(content: Any, workspace: dict[str, Any], place: Path, patch: Path, name: str) -> list[Any]:
    """The operations of a patch, or of one patch of a set."""
    if isinstance(content, list):
        if name:
            raise StudyError(f"{patch} is one patch and no set, so {name!r} is not in it", cure="leave the name out")
        return content
    if not isinstance(content, dict) or "patches" not in content:
        raise StudyError(
            f"the file {patch} is no patch: it is neither a list of operations nor a patch set",
            cure="give a JSON patch (RFC 6902) or a patch set as pyhf writes it",
        )
    chosen = _set_of(content, workspace, place, patch)
    if not name and len(chosen) == 1:
        return next(iter(chosen.values()))
    if name not in chosen:
        known = ", ".join(list(chosen)[:_NAMED]) + (f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else "")
        problem = (
            f"the patch set {patch} has no patch {name!r}{did_you_mean(name, chosen)}"
            if name
            else f"the patch set {patch} has {len(chosen)} patches, and none is named"
        )
        raise StudyError(problem, cure=f"name one of: {known}")
    return chosen[name]


def _set_of(content: dict[str, Any], workspace: dict[str, Any], place: Path, patch: Path) -> dict[str, list[Any]]:
    """The operations of a set's patches by name; the set has to be of this very workspace."""
    import warnings

    import pyhf.exceptions
    import pyhf.patchset

    try:
        with warnings.catch_warnings():
            # pyhf uses a part of jsonschema that is deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            found = pyhf.patchset.PatchSet(content)
    except (pyhf.exceptions.InvalidSpecification, pyhf.exceptions.InvalidPatchSet) as problem:
        reason = str(problem).splitlines()[0]
        raise StudyError(
            f"the file {patch} is no valid patch set: {reason[:200]}", cure="see https://pyhf.readthedocs.io"
        ) from None
    try:
        found.verify(workspace)
    except pyhf.exceptions.PatchSetVerificationError:
        raise StudyError(
            f"the patch set {patch} is of another workspace: its digest is not that of {place}",
            cure="give the workspace that it was published with, unchanged",
        ) from None
    return {one.name: list(one.patch) for one in found}


def _measurement(measurements: list[Any], name: str, place: Path) -> Any:
    named = [one.get("name") if isinstance(one, dict) else None for one in measurements]
    if not name:
        if not measurements:
            raise StudyError(f"the workspace {place} has no measurement", cure="add one, with a parameter of interest")
        return measurements[0]
    if name not in named:
        known = ", ".join(str(one) for one in named)
        raise StudyError(
            f"the workspace {place} has no measurement {name!r}{did_you_mean(name, [str(one) for one in named])}",
            cure=f"use one of: {known}",
        )
    return measurements[named.index(name)]
