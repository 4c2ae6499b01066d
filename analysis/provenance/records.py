"""Records: cached results that know what made them.

A record is payload files and one manifest, which is written last. All records of one key lie in one place; a *label*
tells those of one place apart (the chunks of a data set) and begins the names of their files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from analysis.errors import RecordError, StoreError
from analysis.provenance.drafts import Draft
from analysis.provenance.manifests import (
    MANIFEST,
    MOST_BYTES,
    content_digest,
    known_manifest,
    label_of,
    manifest_name,
)
from analysis.provenance.store import ContentError, Store, known_sha256, store_errors

__all__ = ["MANIFEST", "SET_ASIDE_AS", "Draft", "Record", "records_of"]

#: what the error of a damaged record says before the new names of its files
SET_ASIDE_AS = "; set aside as "


@dataclass(frozen=True)
class Record:
    """One record, there or not.

    Args:
        store: where it lies.
        place: relative folder, ``<study>/<Task>/<name>-<key>``.
        label: tells the records of one place apart; empty if there is only one.
        payload: names of its payload files, without the label.
    """

    store: Store
    place: str
    label: str
    payload: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key, which the place's name ends with."""
        return self.place.rpartition("-")[2]

    @property
    def title(self) -> str:
        """Task, series and label, for people."""
        _, family, folder = self.place.split("/", 2)
        return f"{family} {folder.rpartition('-')[0]} {self.label}".rstrip()

    @property
    def address(self) -> str:
        """Address of the record, for people."""
        return self.store.url(self.place, self.file_name("") if self.label else "")

    def file_name(self, name: str) -> str:
        """Name of a payload file, or of the manifest, in the store."""
        return f"{self.label}.{name}".rstrip(".") if self.label else name

    def is_complete(self, listing: Mapping[str, int] | None = None) -> bool:
        """Whether manifest and payload are all there.

        Args:
            listing: of the record's place; without it each file is asked for.
        """
        names = [self.file_name(name) for name in (MANIFEST, *self.payload)]
        if listing is not None:
            return all(name in listing for name in names)
        return all(self.store.size(self.place, name) is not None for name in names)

    @property
    def manifest_name(self) -> str:
        """Name of the manifest in the store."""
        return manifest_name(self.label)

    def manifest(self) -> dict[str, Any]:
        """The manifest.

        Raises:
            RecordError: it is missing, or not one of this record; that is set aside.
        """
        name = self.manifest_name
        size = self.store.size(self.place, name)
        if size is None:
            raise RecordError(
                f"the record {self.address} has no manifest, so it does not count as complete",
                cure="run the same command again: the record is made anew",
            )
        try:
            if size > MOST_BYTES:
                raise ValueError(f"it has {size} bytes, and {MOST_BYTES} is the most")
            return known_manifest(self.store.read(self.place, name), self.place, self.label)
        except ValueError as error:
            raise self._damaged(name, f"its manifest {name} is not a manifest of this store: {error}") from error

    def peek(self) -> dict[str, Any] | None:
        """The manifest, ``None`` where there is none that can be read; nothing is set aside."""
        try:
            return known_manifest(self.store.read(self.place, self.manifest_name), self.place, self.label)
        except (ValueError, StoreError):
            return None

    def content_digest(self) -> str:
        """SHA-256 of what it holds, as its manifest says; see :func:`content_digest`."""
        return content_digest(self.manifest())

    def path(self, name: str) -> Path:
        """A local path of a payload file whose size and SHA-256 are those that the manifest says.

        A file that was checked in this process and is unchanged since is not read again.

        Raises:
            RecordError: it is missing or not what the manifest says, and the store has no other copy of it; the record
                is set aside. Or the record has no such payload.
        """
        self._check_name(name)
        found: list[Path] = []

        def problem(sha256: str) -> str:
            try:
                path = self.store.localize(self.place, self.file_name(name), sha256)
            except ContentError as error:
                return error.problem
            with store_errors(self.store.url(self.place, self.file_name(name))):
                digest = known_sha256(path)
            found.append(path)
            return self._other_digest(name, digest, sha256)

        self._check(self.manifest(), name, problem)
        return found[-1]

    def paths(self) -> dict[str, Path]:
        """:meth:`path` of every payload file, by name."""
        return {name: self.path(name) for name in self.payload}

    def verify(self) -> dict[str, Any]:
        """Check size and SHA-256 of every payload file; returns the manifest.

        Raises:
            RecordError: one differs from the manifest, and the store has no other copy of it; the record is set aside.
        """
        manifest = self.manifest()
        for name in dict.fromkeys((*self.payload, *manifest["payload"])):
            self._check(manifest, name, partial(self._stored_problem, name))
        return manifest

    def _check(self, manifest: Mapping[str, Any], name: str, problem: Callable[[str], str]) -> None:
        """Check size and content of a payload file, and once more if the store has another copy of it.

        Args:
            manifest: of the record.
            name: of the file.
            problem: says what is wrong with the content of a SHA-256, if something is.

        Raises:
            RecordError: it is not what the manifest says; the record is set aside.
        """
        file_name, sha256 = self.file_name(name), manifest["payload"].get(name, {}).get("sha256", "")
        for healed in (False, True):
            wrong = self._wrong_size(manifest, name) or problem(sha256)
            if not wrong:
                return
            # somewhere else there may be the right bytes
            if healed or not sha256 or not self.store.heal(self.place, file_name, sha256):
                raise self._damaged(file_name, wrong)

    def _stored_problem(self, name: str, expected: str) -> str:
        return self._other_digest(name, self.store.sha256(self.place, self.file_name(name)), expected)

    def _other_digest(self, name: str, found: str, expected: str) -> str:
        if found == expected:
            return ""
        return f"{self.file_name(name)} has SHA-256 {found}, its manifest says {expected}"

    def _check_name(self, name: str) -> None:
        if name not in self.payload:
            raise RecordError(f"{name!r} is not among the payload {self.payload} of {self.place}")

    def _wrong_size(self, manifest: Mapping[str, Any], name: str) -> str:
        file_name = self.file_name(name)
        expected = manifest["payload"].get(name, {}).get("size")
        found = self.store.size(self.place, file_name)
        if found is not None and found == expected:
            return ""
        size = "is missing" if found is None else f"has {found} bytes"
        return f"{file_name} {size}, its manifest says {expected} bytes"

    def _damaged(self, file_name: str, what: str) -> RecordError:
        problem = f"the record {self.address} is damaged: {what}"
        # the manifest goes first: without it the record is incomplete, whatever happens next
        names = dict.fromkeys((self.manifest_name, file_name))
        try:
            moved = [new for name in names if (new := self.store.set_aside(self.place, name))]
        except StoreError as error:
            return RecordError(f"{problem}; it cannot be set aside: {error.problem}", cure=f"delete it; {error.cure}")
        return RecordError(
            problem + (f"{SET_ASIDE_AS}{', '.join(moved)}" if moved else ""),
            cure="run the same command again: the record is made anew",
        )

    @contextlib.contextmanager
    def writing(self, waiting: Callable[[], None], outdated: Callable[[], str] = lambda: "") -> Iterator[Draft | None]:
        """Write the record: yields a draft, or ``None`` if another process completed it meanwhile.

        When the block ends well, every payload file moves to its place and the manifest follows; when it does not,
        nothing of it stays.

        Args:
            waiting: called once if another process is writing this record.
            outdated: called if the record is complete; says why it is to be made anew all the same, else nothing.

        Raises:
            RecordError: the block did not write a payload file.
            StoreError: the store is full, not writable or not reachable.
        """
        with self.store.lock(self.place, self.label, waiting):
            if self.is_complete() and not outdated():
                yield None
                return
            with self.store.draft(self.place, self.label) as folder:
                draft = Draft(self, folder)
                yield draft
                draft.commit()


def records_of(store: Store, study: str) -> Iterator[Record]:
    """All records of a study that have a manifest; costs one listing a place.

    Their payload is known only from the manifest, so it is empty here.
    """
    for family in store.folders(study):
        for folder in store.folders(f"{study}/{family}"):
            place = f"{study}/{family}/{folder}"
            for name in sorted(store.listing(place)):
                if (label := label_of(name)) is not None:
                    yield Record(store, place, label, ())
