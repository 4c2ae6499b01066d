"""Records in a local store, read without the packages that wrote them.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PreservationError, StoreError
from analysis.preservation.order import ordered, read_manifest, step_name
from analysis.preservation.reading import content_of, opened
from analysis.provenance.names import check_name, check_place

__all__ = ["Found", "StoredRecords", "preserved_records", "sha256_of", "verified"]

MANIFEST = "manifest.json"
_BLOCK = 1 << 20
# what would command a terminal
_SHOWN = dict.fromkeys(range(32), "?")


def sha256_of(file: Path) -> str:
    """SHA-256 of an ordinary file.

    Raises:
        OSError: it cannot be read, or is none.
    """
    digest = hashlib.sha256()
    with opened(file) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def preserved_records(contents: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The manifests of a capsule by task, series and label, each after those it needs.

    Args:
        contents: of their files, by the files' names.

    Raises:
        PreservationError: one is no manifest, or one that is needed is missing.
    """
    manifests = [read_manifest(content, name) for name, content in contents.items()]
    return {step_name(manifest["record"]): dict(manifest) for manifest in ordered(manifests)}


class StoredRecords:
    """The records of a study in a folder; of those that differ in nothing but the key, the youngest.

    Args:
        store: the folder.
        study: name of the study.

    Raises:
        PreservationError: there is no such folder, or a manifest in it is none.
    """

    def __init__(self, store: Path, study: str) -> None:
        if not store.is_dir():
            raise PreservationError(f"there is no store {store}", cure="name a folder that holds records")
        self.store = store
        self._manifests: dict[str, dict[str, Any]] = {}
        self._keys: dict[tuple[str, str], dict[str, Any]] = {}
        for file in self._files(study):
            manifest = read_manifest(_content(file), str(file))
            name = step_name(manifest["record"])
            self._keys[name, manifest["record"]["key"]] = manifest
            known = self._manifests.get(name)
            if known is None or known["made"]["end"] < manifest["made"]["end"]:
                self._manifests[name] = manifest

    def _files(self, study: str) -> Iterator[Path]:
        for file in sorted(self.store.glob(f"{study}/*/*/*{MANIFEST}")):
            parts = file.relative_to(self.store).parts
            # a workspace, or what was set aside
            hidden = any(part.startswith(".") for part in parts)
            # somebody else may have put a link, or what is never read to its end
            plain = file.is_file() and not any(one.is_symlink() for one in (file, *file.parents[: len(parts) - 1]))
            if plain and not hidden and f".{file.name}".endswith(f".{MANIFEST}"):
                yield file

    def contents(self) -> set[str]:
        """Names of the contents of all payload files: SHA-256, and of copies what their source was known by."""
        found = {entry["sha256"] for one in self._keys.values() for entry in one["payload"].values()}
        copies = (one for one in self._keys.values() if not one.get("read_in_place"))
        return found.union(*(one.get("sources", ()) for one in copies))

    def manifest(self, name: str, key: str = "") -> dict[str, Any] | None:
        """The manifest of a record.

        Args:
            name: task, series and label.
            key: if there is one with this key, then it.
        """
        return self._keys.get((name, key)) or self._manifests.get(name)

    def file(self, manifest: Mapping[str, Any], name: str) -> Path:
        """A file of a record's payload."""
        record = manifest["record"]
        file = f"{record['label']}.{name}".rstrip(".") if record["label"] else name
        try:
            return self.store / check_place(record["place"]) / check_name(file)
        except StoreError:
            raise PreservationError(
                f"{record['place']}/{file} is no place in a store".translate(_SHOWN),
                cure="the manifest is wrong: make it again",
            ) from None


@dataclass(frozen=True)
class Found:
    """State of one preserved record in a store.

    Args:
        record: task, series and label.
        verdict: ``same``, ``DIFFERS`` or ``missing``.
        files: of its payload that differ or are missing.
    """

    record: str
    verdict: str
    files: tuple[str, ...] = ()


def verified(
    preserved: Mapping[str, Mapping[str, Any]],
    store: StoredRecords,
    *,
    unlike: Callable[[str, str], bool] = lambda family, name: False,
    report: Callable[[str], None] = lambda record: None,
) -> Sequence[Found]:
    """Compare digests of what lies in a store, read anew, with preserved manifests.

    Args:
        preserved: manifests by task, series and label.
        store: with the records.
        unlike: whether a file of a task's payload never comes out the same (it holds times).
        report: is told each record's name before it is read.
    """
    found = []
    for name, before in preserved.items():
        report(name)
        after = store.manifest(name, before["record"]["key"])
        if after is None:
            found.append(Found(name, "missing"))
            continue
        wrong = tuple(
            file
            for file, entry in before["payload"].items()
            if not unlike(before["record"]["family"], file) and _digest(store.file(after, file)) != entry["sha256"]
        )
        found.append(Found(name, "DIFFERS" if wrong else "same", wrong))
    return found


def _content(file: Path) -> bytes:
    try:
        return content_of(file)
    except OSError as error:
        raise PreservationError(
            f"{file} cannot be read: {error.strerror or error}", cure="move it away; what lacks it is made anew"
        ) from None


def _digest(file: Path) -> str:
    try:
        # no link, and nothing that is never read to its end
        return sha256_of(file)
    except OSError:
        return ""
