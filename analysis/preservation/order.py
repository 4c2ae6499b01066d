"""The records under a result, in the order of the graph.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation.reading import json_of

__all__ = ["frontier", "ordered", "read_manifest", "step_name"]

# what is read of a manifest
_PARTS: dict[str, tuple[str, ...]] = {
    "record": ("family", "place", "label", "key"),
    "payload": (),
    "inputs": (),
    "parts": (),
    "seeds": (),
    "made": ("end", "device"),
    "host": ("machine", "processor"),
    "software": ("python", "packages", "lock_sha256"),
}


def step_name(record: Mapping[str, Any]) -> str:
    """Return the name of a record without its key: task, series and label.

    Args:
        record: the part ``record`` of its manifest.

    Examples:
        >>> step_name({"family": "CalibrateEvents", "place": "s/CalibrateEvents/proton-0123456789ab", "label": "a"})
        'CalibrateEvents/proton/a'
    """
    series = record["place"].rpartition("/")[2].rpartition("-")[0]
    return "/".join(part for part in (record["family"], series, record["label"]) if part)


def ordered(manifests: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Manifests so that each comes after those of the records it was made of; the same ones in the same order.

    Raises:
        PreservationError: records depend on each other in a circle, or on one that is not there.
    """
    by_record = {(m["record"]["place"], m["record"]["label"]): m for m in manifests}
    done: dict[tuple[str, str], Mapping[str, Any]] = {}
    for start in sorted(by_record):
        waiting, open_ = [start], set()
        while waiting:
            one = waiting[-1]
            if one in done:
                waiting.pop()
                continue
            if one not in by_record:
                raise PreservationError(
                    f"the record {'/'.join(one)} is not among those that were preserved", cure="preserve it again"
                )
            needed = [(used["place"], label) for used in by_record[one]["inputs"] for label in used["labels"]]
            missing = [need for need in sorted(needed) if need not in done]
            if missing and one in open_:
                raise PreservationError(f"the record {'/'.join(one)} depends on itself", cure="its manifest is wrong")
            if missing:
                open_.add(one)
                waiting += reversed(missing)
            else:
                done[one] = by_record[waiting.pop()]
    return list(done.values())


def read_manifest(content: bytes, name: str) -> dict[str, Any]:
    """A manifest from a file of a capsule.

    Raises:
        PreservationError: it is none.
    """
    try:
        manifest = json_of(content)
        _check(manifest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PreservationError(
            f"{name} is no manifest: {error!r}", cure="the capsule is damaged: fetch it again"
        ) from None
    return dict(manifest)


def frontier(
    manifests: Sequence[Mapping[str, Any]], family: str, results: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The records that have to be there so that everything after a task can be made again without what came before.

    Args:
        manifests: of a whole graph, each after those it needs.
        family: name of the task.
        results: manifests of those that a rerun asks for.

    Raises:
        PreservationError: the task made none of the records.
    """
    families = dict.fromkeys(manifest["record"]["family"] for manifest in manifests)
    if family not in families:
        raise PreservationError(f"no record is made by {family!r}", cure=f"use one of: {', '.join(sorted(families))}")

    def named(manifest: Mapping[str, Any]) -> tuple[str, str]:
        return manifest["record"]["place"], manifest["record"]["label"]

    after: set[tuple[str, str]] = set()
    needed = {named(manifest) for manifest in results}
    begin = {named(manifest) for manifest in manifests if manifest["record"]["family"] == family}
    for manifest in manifests:
        inputs = {(used["place"], label) for used in manifest["inputs"] for label in used["labels"]}
        if inputs & (begin | after) and named(manifest) not in begin:
            after.add(named(manifest))
            needed |= inputs
    return [manifest for manifest in manifests if named(manifest) in (needed | begin) - after]


def _check(manifest: Mapping[str, Any]) -> None:
    for part, names in _PARTS.items():
        if missing := [name for name in names if name not in manifest[part]]:
            raise KeyError(part, *missing)
        if not isinstance(manifest[part], list if part == "inputs" else dict):
            raise TypeError(part)
    maps = [manifest["software"]["packages"], *manifest["payload"].values(), *manifest["inputs"]]
    maps += [manifest["parts"].get(name, {}) for name in ("code", "parameters", "configuration", "inputs")]
    if not all(isinstance(one, dict) for one in maps):
        raise TypeError("a table is none")
    texts = [*manifest["record"].values(), manifest["made"]["end"], manifest["made"]["device"]]
    texts += [entry["sha256"] for entry in manifest["payload"].values()]
    for used in manifest["inputs"]:
        texts += [used["place"], *used["labels"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is none")
