"""The records that a result depends on, found by walking from manifest to manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.provenance.adoption import adopted_in_words
from analysis.provenance.dependencies import with_dependencies
from analysis.provenance.records import Record
from analysis.provenance.store import Store
from analysis.report.material import Input, PayloadFile, RecordNode

__all__ = ["collect"]


def collect(records: Iterable[Record], stores: Iterable[Store] = ()) -> tuple[RecordNode, ...]:
    """Given records and all that they depend on, one node a place, sorted by place.

    Args:
        records: where to begin; their manifests name the rest, and none is read twice.
        stores: where what they depend on may lie, beside their own.

    Raises:
        RecordError: a manifest is missing or damaged (a damaged one is set aside).
        StoreError: a store cannot be reached.
    """
    manifests: dict[str, list[dict[str, Any]]] = {}
    for record, manifest in with_dependencies(records, stores):
        manifests.setdefault(record.place, []).append(manifest)
    return tuple(_node(place, manifests[place]) for place in sorted(manifests))


def _node(place: str, manifests: list[dict[str, Any]]) -> RecordNode:
    manifests = sorted(manifests, key=lambda manifest: _natural(manifest["record"]["label"]))
    made = [manifest["made"] for manifest in manifests]
    # the key decides them all, so parts are the same; time and machine are not
    parts = manifests[0]["parts"]
    last = max(manifests, key=lambda manifest: manifest["made"]["end"])
    record = manifests[0]["record"]
    return RecordNode(
        place=place,
        family=record["family"],
        series=place.rpartition("/")[2].rpartition("-")[0],
        key=record["key"],
        labels=tuple(manifest["record"]["label"] for manifest in manifests),
        parameters={name: str(value) for name, value in parts.get("parameters", {}).items()},
        configuration=_without_code(parts.get("configuration", {})),
        code=_files({**parts.get("code", {}), **_code_in(parts.get("configuration", {}))}),
        inputs=_inputs(manifests),
        seconds=sum(one["seconds"] for one in made),
        peak_memory=max(one["peak_memory_bytes"] for one in made),
        created=last["made"]["end"],
        device=last["made"]["device"],
        processor=last["host"]["processor"],
        commit=_commit(last["source"]),
        payload=tuple(file for manifest in manifests for file in _payload(manifest)),
        warnings=tuple(dict.fromkeys(text for manifest in manifests for text in _warnings(manifest))),
    )


def _warnings(manifest: Mapping[str, Any]) -> Iterable[str]:
    yield from filter(None, [adopted_in_words(manifest)])
    yield from manifest.get("warnings", ())


def _payload(manifest: Mapping[str, Any]) -> Iterable[PayloadFile]:
    label = manifest["record"]["label"]
    for name, file in manifest["payload"].items():
        yield PayloadFile(f"{label}.{name}" if label else name, file["size"], file["sha256"])


def _inputs(manifests: list[dict[str, Any]]) -> tuple[Input, ...]:
    labels: dict[tuple[str, str], set[str]] = {}
    for manifest in manifests:
        for used in manifest["inputs"]:
            labels.setdefault((used["role"], used["place"]), set()).update(used["labels"])
    return tuple(Input(role, place, len(used)) for (role, place), used in labels.items())


def _commit(source: Mapping[str, Any]) -> str:
    return f"{source['commit']}{'+' if source['dirty'] else ''}" if source.get("commit") else ""


def _files(code: Mapping[str, str]) -> dict[str, str]:
    """Modules as a person looks for them: ``analysis/events/root.py``; functions stay as they are."""
    named = {name if {":", " "} & {*name} else f"{name.replace('.', '/')}.py": digest for name, digest in code.items()}
    return dict(sorted(named.items()))


def _code_in(configuration: Any) -> dict[str, str]:
    """The fingerprints that a configuration holds: of its steps, and of its classes' methods."""
    if isinstance(configuration, list):
        return {name: digest for one in configuration for name, digest in _code_in(one).items()}
    if not isinstance(configuration, Mapping):
        return {}
    found = dict(configuration["code"]) if _is_code(configuration) else {}
    for name, value in configuration.items():
        if not (name == "code" and _is_code(configuration)):
            found |= _code_in(value)
    return found


def _without_code(configuration: Any) -> Any:
    """The same configuration without the classes of its objects and without fingerprints, which are listed."""
    if isinstance(configuration, list):
        return [_without_code(one) for one in configuration]
    if not isinstance(configuration, Mapping):
        return configuration
    hidden = {"code"} if _is_code(configuration) else set()
    if isinstance(configuration.get("class"), Mapping):
        hidden.add("class")
    return {name: _without_code(value) for name, value in configuration.items() if name not in hidden}


def _is_code(value: Mapping[str, Any]) -> bool:
    # what ``describe`` writes for a step, and for a class with methods
    return isinstance(value.get("code"), Mapping) and ("function" in value or value.keys() == {"name", "code"})


def _natural(label: str) -> list[tuple[int, str]]:
    """Labels in the order of their numbers: events_0-50, events_50-100, events_100-150."""
    words = "".join(c if c.isdigit() else f" {c} " for c in label).split()
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words]
