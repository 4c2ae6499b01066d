"""A store on a server."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StoreError
from analysis.provenance.cache import Cache
from analysis.provenance.lease import Lease, machine_identity
from analysis.provenance.local_store import LocalStore
from analysis.provenance.names import check_digest, check_label, check_name, check_place
from analysis.provenance.private_folder import private_folder
from analysis.provenance.saved_workspace import SavedWorkspace
from analysis.provenance.store import SET_ASIDE, Listing, Store, sha256_of, store_errors

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Entry, Files

__all__ = ["RemoteStore"]

# what a listing shows is believed for so long; what it does not show is asked for
_FRESH_SECONDS = 10.0
# so many questions about files of one place cost a request each; the next one costs a listing that answers all others
_SINGLE_QUESTIONS = 3
_MOST_MANIFESTS = 1000

_logger = logging.getLogger("erumflow.store")


class RemoteStore(Store):
    """Records on a server, with copies of what was read and written here in a local cache.

    Writers of one record exclude each other by a file lock among processes of one machine and by a
    :class:`~analysis.provenance.lease.Lease` among machines.

    Args:
        files: the store's folder on the server.
        folder: on a local disk, for copies, drafts and workspaces; other stores may use it too.
        limit: bytes that copies may take.
        lease_seconds: after which a writer of which nothing is heard counts as dead.
    """

    def __init__(self, files: Files, folder: Path, limit: int, *, lease_seconds: float = 60.0) -> None:
        self.files = files
        files.follows_links = False
        self.cache = Cache(folder, limit)
        self.lease_seconds = lease_seconds
        self._folder = self.cache.folder
        self._scratch = LocalStore(self._folder / "work" / hashlib.sha256(files.url.encode()).hexdigest()[:16])
        self._listings: dict[str, tuple[float, dict[str, Entry]]] = {}
        self._questions: dict[str, tuple[float, int]] = {}
        self._set_aside: set[str] = set()
        self._manifests: dict[str, tuple[float, Entry, bytes]] = {}
        self._leases: dict[tuple[str, str], Lease] = {}
        self._workspaces: dict[tuple[str, str], SavedWorkspace] = {}

    @property
    def scratch(self) -> LocalStore:
        """The local folder of this machine's locks, drafts and workspaces; made at the first writing."""
        return self._scratch

    def url(self, place: str, name: str = "") -> str:
        return "/".join(part for part in (self.files.url.rstrip("/"), place, name) if part)

    def listing(self, place: str) -> Listing:
        found = {name: entry for name, entry in self._list(_place(place)).items() if not entry.is_folder}
        return Listing(
            {name: entry.size for name, entry in found.items()},
            {name: entry.modified for name, entry in found.items()},
            has_set_aside=place in self._set_aside,
        )

    def set_aside_names(self, place: str) -> set[str]:
        return self._names_before(self.files.listing(f"{check_place(place)}/{SET_ASIDE}"))

    def folders(self, place: str) -> list[str]:
        # those of a moment ago will do: they explain, and decide nothing
        return sorted(self.folder_times(place))

    def folder_times(self, place: str) -> dict[str, float]:
        found = self._fresh(_place(place)) or self._list(place)
        return {name: entry.modified for name, entry in found.items() if entry.is_folder}

    def size(self, place: str, name: str) -> int | None:
        entry = self._entry(check_place(place), check_name(name))
        return None if entry is None or entry.is_folder else entry.size

    def read(self, place: str, name: str) -> bytes:
        path = _path(place, name)
        entry = (self._fresh(place) or {}).get(name)
        known = self._manifests.get(path)
        if known and entry == known[1] and time.monotonic() - known[0] < _FRESH_SECONDS:
            return known[2]
        asked = time.monotonic()
        content = self.files.read(path)
        if entry:
            if len(self._manifests) >= _MOST_MANIFESTS:
                self._manifests.clear()
            self._manifests[path] = (asked, entry, content)
        return content

    def localize(self, place: str, name: str, sha256: str) -> Path:
        path = _path(place, name)
        return self.cache.get(check_digest(sha256), name, lambda local: self.files.download(path, local))

    def heal(self, place: str, name: str, sha256: str) -> bool:
        # what was fetched had the right content
        return self.cache.forget(sha256)

    def sha256(self, place: str, name: str) -> str:
        path = _path(place, name)
        self.make_scratch()
        with self._scratch.draft(".verified", uuid.uuid4().hex) as folder:
            self.files.download(path, folder / "file")
            return sha256_of(folder / "file")

    def copy(self, place: str, name: str, source: Path) -> None:
        """Copy a local file into the store, unless another process has taken over the right to.

        Raises:
            StoreError: it has, or the file cannot be written.
        """
        path = _path(place, name)
        self._check_leases(place)
        self._forget(place)
        self.files.upload(source, path)

    def put(self, place: str, name: str, source: Path, sha256: str = "") -> None:
        self.copy(place, name, source)
        if sha256:
            self.cache.add(sha256, source)
        else:
            source.unlink()

    def duplicate(self, place: str, name: str, new: str, sha256: str) -> None:
        path, copy = _path(place, name), _path(new, name)
        self._check_leases(new)
        self._forget(new)
        if not self.files.copy(path, copy):
            super().duplicate(place, name, new, sha256)

    def set_aside(self, place: str, name: str) -> str:
        from analysis.provenance.remote.faults import MissingError

        path = _path(place, name)
        new = f"{place}/{SET_ASIDE}/{name}.{datetime.now(UTC):%Y%m%dT%H%M%S}.{uuid.uuid4().hex[:6]}"
        self._forget(place)
        try:
            self.files.rename(path, new)
        except MissingError:
            return ""  # perhaps another process saw the damage too
        return self.url(new)

    def remove(self, place: str, name: str) -> None:
        # what somebody who took over has made meanwhile is not ours to delete
        path = _path(place, name)
        self._check_leases(place)
        self._forget(place)
        self.files.remove(path)

    @contextlib.contextmanager
    def lock(self, place: str, label: str, waiting: Callable[[], None]) -> Iterator[None]:
        told = False

        def tell() -> None:
            nonlocal told
            if not told:
                told = True
                waiting()

        self.make_scratch()
        with self._scratch.lock(place, label, tell):
            lease = self.lease(place, label)
            with lease.held(tell):
                self._leases[place, label] = lease
                # whoever was waited for has changed what is there
                self._forget(place)
                try:
                    yield
                finally:
                    self._leases.pop((place, label), None)
                    self._workspaces.pop((place, label), None)

    def lease(self, place: str, label: str) -> Lease:
        """The right to write a record, among machines; take it with the machine's own lock held."""
        machine = machine_identity(self._scratch.root)
        path = f"{check_place(place)}/.{check_label(label) or 'record'}.lease"
        return Lease(self.files, path, machine=machine, seconds=self.lease_seconds)

    def draft(self, place: str, label: str) -> AbstractContextManager[Path]:
        self.make_scratch()
        return self._scratch.draft(place, label)

    def workspace(self, place: str, label: str = "") -> Path:
        self.make_scratch()
        folder = self._scratch.workspace(place, label)
        if (place, label) in self._leases and (place, label) not in self._workspaces:
            saved = self.saved_workspace(place, label, folder)
            saved.fetch()
            self._workspaces[place, label] = saved
        return folder

    def saved_workspace(self, place: str, label: str, folder: Path) -> SavedWorkspace:
        """Return the workspace of a record as it is saved on the server."""
        return SavedWorkspace(self.files, f"{check_place(place)}/.workspace/{check_label(label) or 'record'}", folder)

    def keep_workspace(self, place: str, label: str, name: str, *, now: bool = False) -> None:
        self.workspace(place, label)
        try:
            self._workspaces[place, label].keep(name, now=now)
        except StoreError as error:
            # what it is for, going on elsewhere, may never be needed: no reason to end hours of work
            _logger.warning("%s cannot be saved to %s: %s", name, self.url(place), error.problem)

    def discard_workspace(self, place: str, label: str = "") -> None:
        if saved := self._workspaces.get((place, label)):
            saved.discard()
        self._scratch.discard_workspace(place, label)

    def release(self) -> None:
        self.cache.release()

    def _list(self, place: str) -> dict[str, Entry]:
        """List the entries of a place, as the server states them now."""
        asked = time.monotonic()
        everything = self.files.listing(place)
        found = {name: entry for name, entry in everything.items() if not name.startswith(".")}
        (self._set_aside.add if SET_ASIDE in everything else self._set_aside.discard)(place)
        for old in [name for name, (since, _) in self._listings.items() if asked - since > _FRESH_SECONDS]:
            del self._listings[old]
        self._listings[place] = (asked, found)
        return found

    def _fresh(self, place: str) -> dict[str, Entry] | None:
        """Return the entries that a place had a moment ago, if it was asked for then."""
        asked, found = self._listings.get(place, (0.0, None))
        return found if found is not None and time.monotonic() - asked < _FRESH_SECONDS else None

    def _entry(self, place: str, name: str) -> Entry | None:
        known = self._fresh(place)
        if known is None and self._is_often_asked(place):
            known = self._list(place)
        if known is not None and name in known:
            return known[name]
        # what was not there may have been made meanwhile, by another process
        return self.files.stat(f"{place}/{name}")

    def _is_often_asked(self, place: str) -> bool:
        since, number = self._questions.get(place, (0.0, 0))
        if time.monotonic() - since > _FRESH_SECONDS:
            since, number = time.monotonic(), 0
        self._questions[place] = (since, number + 1)
        return number >= _SINGLE_QUESTIONS

    def _check_leases(self, place: str) -> None:
        for (of, _), lease in list(self._leases.items()):
            if of == place:
                lease.check()

    def _forget(self, place: str) -> None:
        self._listings.pop(place, None)
        self._questions.pop(place, None)

    def make_scratch(self) -> None:
        """Make the local folder, which is this user's alone."""
        with store_errors(str(self._folder)):
            private_folder(self._folder)
            self._scratch.root.mkdir(parents=True, exist_ok=True)


def _place(place: str) -> str:
    """A place, or the store's folder."""
    return check_place(place) if place else ""


def _path(place: str, name: str) -> str:
    return f"{check_place(place)}/{check_name(name)}"
