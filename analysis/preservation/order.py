"""The records under a result, in the order of the graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.errors import PreservationError

__all__ = ["ordered", "step_name"]


def step_name(record: Mapping[str, Any]) -> str:
    """What a record is called whatever its key: task, series and label.

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
        manifest = json.loads(content)
        manifest["record"]["place"], manifest["payload"], manifest["parts"]  # noqa: B018
    except (ValueError, KeyError, TypeError) as error:
        raise PreservationError(
            f"{name} is no manifest: {error!r}", cure="the capsule is damaged: fetch it again"
        ) from None
    return dict(manifest)
