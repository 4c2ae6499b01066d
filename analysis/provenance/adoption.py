"""Adoption: existing records under another key, after a change of code, settings or inputs that does not matter.

An adopted record has the payload of the old one, and a manifest that says both keys, why, when, and by which code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from analysis.errors import RecordError, StoreError
from analysis.provenance import environment
from analysis.provenance.keys import KeyParts
from analysis.provenance.manifests import FORMAT, MANIFEST, content_digest, manifest_text, read_manifest
from analysis.provenance.records import Record, records_of
from analysis.provenance.source_texts import keep_texts
from analysis.provenance.store import Store

__all__ = [
    "ADOPTED",
    "Adoption",
    "adopt",
    "adopted_in_words",
    "adopted_records",
    "made_of",
    "read_all",
    "remove_adopted",
    "set_aside",
]

#: field of manifests
ADOPTED = "adopted"


@dataclass(frozen=True)
class Adoption:
    """An adoption by one command, with its reason.

    Args:
        identity: tells it from other adoptions.
        reason: why the change does not matter, as whoever adopts says.
        of: names ``<study>/<Task>/<series>`` of what was adopted in the first place; the rest was made of it.
    """

    identity: str
    reason: str
    of: tuple[str, ...]
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    source: dict[str, Any] = field(default_factory=environment.source)


def adopt(
    old: Record,
    new: Record,
    adoption: Adoption,
    *,
    parts: KeyParts,
    inputs: Sequence[Mapping[str, Any]],
    pinned: Sequence[Mapping[str, Any]] = (),
    verified: Sequence[str] = (),
) -> bool:
    """Make a record of the payload of another one; returns whether it was not there already.

    Args:
        old: complete; its content is compared with its manifest first.
        new: of the same task and label, in the same store.
        adoption: that this is part of.
        parts: of the new key.
        inputs: of the new record, as manifests have them.
        pinned: as manifests have them.
        verified: what was made anew and compared, in words.

    Raises:
        RecordError: the old record is incomplete, damaged (it is set aside), or has other files.
        StoreError: somebody is writing the record, or the store cannot be used.
    """
    manifest = old.verify()
    if lacking := sorted(set(new.payload) - manifest["payload"].keys()):
        raise RecordError(
            f"the record {old.address} has no {lacking[0]!r}, which records of this task have by now",
            cure="it cannot be adopted: run the task",
        )
    before = {name: manifest[name] for name in ("parts", "inputs", ADOPTED) if name in manifest}
    content = {name: value for name, value in manifest.items() if name not in ("pinned", ADOPTED, "digest")}
    content["payload"] = {name: manifest["payload"][name] for name in new.payload}
    content["format"] = FORMAT
    content["record"] = {**manifest["record"], "place": new.place, "key": new.key}
    content |= {
        "parts": parts.as_dict(),
        "inputs": [_with_contents(one, manifest["inputs"], new.store) for one in inputs],
    }
    content |= {"pinned": [dict(one) for one in pinned]} if pinned else {}
    content[ADOPTED] = {
        "adoption": adoption.identity,
        "from": {"place": old.place, "key": old.key},
        "reason": adoption.reason,
        "of": list(adoption.of),
        "time": adoption.time,
        "source": adoption.source,
        "verified": list(verified),
        "before": before,
    }
    with _alone(new):
        if new.is_complete():
            return False
        _write(old, new, content, parts)
    return True


def _with_contents(used: Mapping[str, Any], before: Sequence[Mapping[str, Any]], store: Store) -> dict[str, Any]:
    """An input with what it held when the record was made, if it holds that now; else adopting it says: no matter."""
    for old in before:
        if (old["role"], old["labels"]) == (used["role"], used["labels"]) and "contents" in old:
            there = [Record(store, used["place"], label, ()).peek() for label in used["labels"]]
            if [one and content_digest(one) for one in there] == old["contents"]:
                return {**used, "contents": old["contents"]}
    return dict(used)


def _write(old: Record, new: Record, content: Mapping[str, Any], parts: KeyParts) -> None:
    store = new.store
    with store.draft(new.place, new.label) as folder:
        keep_texts(store, new.place, parts, folder)
        file = folder / new.manifest_name
        file.write_text(manifest_text(content), encoding="ascii")
        store.remove(new.place, file.name)
        try:
            for name in new.payload:
                store.duplicate(old.place, old.file_name(name), new.place, content["payload"][name]["sha256"])
            store.put(new.place, file.name, file)
        except BaseException:
            with contextlib.suppress(StoreError):
                for name in (MANIFEST, *new.payload):
                    store.remove(new.place, new.file_name(name))
            raise


def adopted_records(records: Sequence[tuple[Record, Mapping[str, Any]]], tasks: Sequence[str]) -> dict[Record, str]:
    """Find what adoptions have made, of all records of a study.

    Args:
        records: with their manifests.
        tasks: ``<study>/<Task>`` that adoptions began with; empty for all adoptions.

    Returns:
        The identity of its adoption by record.
    """
    found = {record: one[ADOPTED] for record, one in records if ADOPTED in one}
    meant = {
        one["adoption"] for one in found.values() if not tasks or {of.rpartition("/")[0] for of in one["of"]} & {*tasks}
    }
    return {record: one["adoption"] for record, one in found.items() if one["adoption"] in meant}


def remove_adopted(record: Record, identity: str) -> bool:
    """Delete an adopted record; returns whether it was still the one of that adoption.

    Args:
        record: with the payload's names.
        identity: of the adoption: a record that was made there meanwhile stays.

    Raises:
        StoreError: somebody is writing the record, or the store cannot be used.
    """
    with _alone(record):
        name = record.manifest_name
        if record.store.size(record.place, name) is None:
            return False
        if record.manifest().get(ADOPTED, {}).get("adoption") != identity:
            return False
        # the manifest first: what is left, if this is interrupted, is not complete
        for one in (MANIFEST, *record.payload):
            record.store.remove(record.place, record.file_name(one))
    return True


def set_aside(record: Record) -> str:
    """Take the manifest of a record away, so that it is made anew; returns where it is now, empty if it was gone.

    Raises:
        StoreError: somebody is writing the record, or the store cannot be used.
    """
    first = ""
    with _alone(record):
        # a store with a copy has two
        while moved := record.store.set_aside(record.place, record.manifest_name):
            first = first or moved
    return first


def adopted_in_words(manifest: Mapping[str, Any]) -> str:
    """Say of an adopted record what that means, for a page or a capsule; empty for any other.

    Records of a task that were adopted together have the same words.
    """
    if ADOPTED not in manifest:
        return ""
    one = manifest[ADOPTED]
    checked = f" ({'; '.join(one['verified'])})" if one["verified"] else ""
    return (
        f"{manifest['record']['family']} was not made by the present code, settings and inputs: records of another key "
        f"were adopted on {one['time'][:10]}, because: {one['reason']}{checked}"
    )


@contextlib.contextmanager
def _alone(record: Record) -> Iterator[None]:
    """Hold the right to write a record, without waiting for it."""

    def busy() -> NoReturn:
        raise StoreError(
            f"another process is writing {record.address}", cure="let it come to its end, then run the command again"
        )

    with record.store.lock(record.place, record.label, busy):
        yield


def made_of(records: Sequence[tuple[Record, Mapping[str, Any]]], removed: Sequence[Record]) -> list[Record]:
    """Find the records that were made of some, directly or not, themselves not among them.

    Args:
        records: of the study, with their manifests.
        removed: of which they were made.
    """
    gone = {(one.place, one.label) for one in removed}
    own, found, changed = set(gone), list[Record](), True
    while changed:
        changed = False
        for record, manifest in records:
            place = (record.place, record.label)
            used = {(one["place"], label) for one in manifest.get("inputs", ()) for label in one["labels"]}
            if place not in gone and used & gone:
                gone.add(place)
                found.append(record)
                changed = True
    return [record for record in found if (record.place, record.label) not in own]


def read_all(store: Store, study: str) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Yield all records of a study whose manifests can be read, with them; costs a listing a place, and the manifests.

    Args:
        store: where they are.
        study: its name.
    """
    for record in records_of(store, study):
        try:
            manifest = read_manifest(store.read(record.place, record.manifest_name), record.place, record.label)
            yield Record(store, record.place, record.label, tuple(manifest["payload"])), manifest
        except ValueError:
            continue  # damaged: VerifyRecords tells
