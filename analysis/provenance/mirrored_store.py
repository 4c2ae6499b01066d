"""A local store with a copy on a server: works on without the server, and brings the copy up to date afterwards."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.names import check_label, check_name, check_place
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.saved_workspace import SavedWorkspace
from analysis.provenance.store import ContentError, Listing, Store, sha256_of, store_errors
from analysis.provenance.unsent import Unsent

__all__ = ["MirroredStore"]

T = TypeVar("T")

# after a failure the server is left alone for so long: no command waits for it at each file
_AWAY_SECONDS = 60.0


class MirroredStore(Store):
    """Records in a local folder, and each of them on a server too.

    What is written goes to both. What is read comes from the folder; what is only on the server is brought there. If
    the server cannot be used, that is told once, what is in the folder stays valid, and what the server misses is
    noted and sent later.

    Args:
        local: the folder.
        remote: the server.
        tell: called with a sentence when the server cannot be used, and when it gets what it missed.
    """

    def __init__(self, local: LocalStore, remote: RemoteStore, tell: Callable[[str], None]) -> None:
        self.local = local
        self.remote = remote
        self._tell = tell
        self._told = False
        self._away_until = 0.0
        self._unsent = Unsent(local.root / ".unsent")
        self._held: set[tuple[str, str]] = set()
        self._workspaces: dict[tuple[str, str], SavedWorkspace] = {}

    def url(self, place: str, name: str = "") -> str:
        return self.local.url(place, name)

    def listing(self, place: str) -> Listing:
        _check(place)
        self._try(lambda: self._send(tell=True), False)
        remote, local = self._try(lambda: self.remote.listing(place), Listing()), self.local.listing(place)
        aside = remote.has_set_aside or local.has_set_aside
        return Listing({**remote, **local}, {**remote.times, **local.times}, has_set_aside=aside)

    def set_aside_names(self, place: str) -> set[str]:
        none: set[str] = set()
        return self.local.set_aside_names(place) | self._try(lambda: self.remote.set_aside_names(place), none)

    def folders(self, place: str) -> list[str]:
        _check(place)
        none: list[str] = []
        remote = self._try(lambda: self.remote.folders(place), none)
        return sorted({*remote, *self.local.folders(place)})

    def folder_times(self, place: str) -> dict[str, float]:
        _check(place)
        none: dict[str, float] = {}
        remote = self._try(lambda: self.remote.folder_times(place), none)
        return {**remote, **self.local.folder_times(place)}

    def size(self, place: str, name: str) -> int | None:
        _check(place, name)
        found = self.local.size(place, name)
        return self._try(lambda: self.remote.size(place, name), None) if found is None else found

    def read(self, place: str, name: str) -> bytes:
        _check(place, name)
        if self.local.size(place, name) is None:
            self._fetch(place, name)
        return self.local.read(place, name)

    def localize(self, place: str, name: str, sha256: str) -> Path:
        _check(place, name)
        if self.local.size(place, name) is None:
            self._fetch(place, name, sha256)
        return self.local.localize(place, name)

    def heal(self, place: str, name: str, sha256: str) -> bool:
        def fetch() -> bool:
            if self.remote.size(place, name) is None:
                return False
            self.local.set_aside(place, name)
            self._fetch(place, name, sha256)
            self._tell(f"{self.local.url(place, name)} was damaged; {self.remote.url('')} had the right bytes")
            return True

        try:
            return self._try(fetch, False)
        except ContentError:
            return False

    def sha256(self, place: str, name: str) -> str:
        _check(place, name)
        missing = self.local.size(place, name) is None
        return (self.remote if missing else self.local).sha256(place, name)

    def put(self, place: str, name: str, source: Path, sha256: str = "") -> None:
        _check(place, name)
        if not self._try(lambda: self._send() and self._copy(place, name, source), False):
            self._note(place, name)
        self.local.put(place, name, source)

    def duplicate(self, place: str, name: str, new: str, sha256: str) -> None:
        _check(place, name)
        check_place(new)
        source = self.localize(place, name, sha256)
        if not self._try(lambda: self._send() and self._copy(new, name, source), False):
            self._note(new, name)
        self.local.duplicate(place, name, new, sha256)

    def set_aside(self, place: str, name: str) -> str:
        _check(place, name)
        # one at a time: where the folder's file is damaged, the server's may still be good
        return self.local.set_aside(place, name) or self._try(lambda: self.remote.set_aside(place, name), "")

    def remove(self, place: str, name: str) -> None:
        _check(place, name)
        self.local.remove(place, name)
        if not self._try(lambda: self._send() and self._remove(place, name), False):
            self._note(place, name)

    @contextlib.contextmanager
    def lock(self, place: str, label: str, waiting: Callable[[], None]) -> Iterator[None]:
        check_label(label)
        with self.local.lock(place, label, waiting), contextlib.ExitStack() as stack:
            self._try(lambda: stack.enter_context(self.remote.lock(place, label, waiting)), None)
            self._held.add((place, label))
            try:
                yield
            finally:
                self._held.discard((place, label))
                self._workspaces.pop((place, label), None)

    def draft(self, place: str, label: str) -> AbstractContextManager[Path]:
        return self.local.draft(place, label)

    def workspace(self, place: str, label: str = "") -> Path:
        folder = self.local.workspace(place, label)
        if (place, label) in self._held and (place, label) not in self._workspaces:
            saved = self.remote.saved_workspace(place, label, folder)
            self._workspaces[place, label] = saved
            self._try(saved.fetch, None)
        return folder

    def keep_workspace(self, place: str, label: str, name: str, *, now: bool = False) -> None:
        self.workspace(place, label)
        self.local.keep_workspace(place, label, name)
        saved = self._workspaces[place, label]
        self._try(lambda: saved.keep(name, now=now), False)

    def discard_workspace(self, place: str, label: str = "") -> None:
        if saved := self._workspaces.get((place, label)):
            self._try(saved.discard, None)
        self.local.discard_workspace(place, label)

    def _fetch(self, place: str, name: str, sha256: str = "") -> None:
        """Bring a file from the server into the folder."""
        with self.local.draft(place, f"fetched.{uuid.uuid4().hex}") as folder:
            self.remote.files.download(f"{place}/{name}", folder / name)
            if sha256 and (found := sha256_of(folder / name)) != sha256:
                raise ContentError(
                    f"{name} has SHA-256 {found} in {self.remote.url(place)}, its manifest says {sha256}"
                )
            self.local.put(place, name, folder / name)

    def _copy(self, place: str, name: str, source: Path) -> bool:
        self.remote.copy(place, name, source)
        return True

    def _remove(self, place: str, name: str) -> bool:
        self.remote.remove(place, name)
        return True

    def _note(self, place: str, name: str) -> None:
        with store_errors(self.local.url("")):
            self._unsent.note(place, name)

    def _send(self, *, tell: bool = False) -> bool:
        """Send what the server missed; whether nothing is left of that, so that what is newer may follow."""
        with store_errors(self.local.url("")):
            number = self._unsent.number()
            if tell and number:
                self._tell(f"{self.remote.url('')} gets {number} changes that it missed")
            return not number or self._unsent.send(self._bring_up_to_date)

    def _bring_up_to_date(self, place: str, name: str) -> None:
        if self.local.size(place, name) is None:
            self.remote.remove(place, name)
        else:
            self.remote.copy(place, name, self.local.localize(place, name))

    def _try(self, ask: Callable[[], T], otherwise: T) -> T:
        """Return the server's answer, or something else if the server cannot be used."""
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return ask()
        except ContentError:
            raise
        except StoreError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            if not self._told:
                self._told = True
                self._tell(
                    f"the copy {self.remote.url('')} cannot be used: {error.problem}\n"
                    f"  what is in {self.local.root} stays valid, what is missing there is made anew,"
                    " and the copy is brought up to date by a later command"
                )
            return otherwise


def _check(place: str, name: str | None = None) -> None:
    """See that names are some, before a server is asked: its refusal would count as its absence."""
    if place or name is not None:
        check_place(place)
    if name is not None:
        check_name(name)
