"""Local copies of files that lie elsewhere, known by the SHA-256 of their content.

A copy is never stale: other content has another name. Paths that are handed out are hard links of a process's own, so
that nothing else decides how long they are there; the copies themselves go, least recently used first, when there are
too many of them. All locks are the kernel's: they end with the process that holds them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.private_folder import private_folder
from analysis.provenance.store import ContentError, is_no_space, sha256_of
from analysis.provenance.uses import Uses, remove_unused

__all__ = ["Cache"]

# one time of change for all copies: another one tells that somebody wrote into a copy; and who tells files apart by
# name, size and time finds the same file again, on any machine
_UNTOUCHED = 946_684_800 * 10**9
_KEPT_AFTER_CLEARING = 0.8
_STUCK_SECONDS = 60.0
_LEFT_SECONDS = 86_400.0


class Cache:
    """A folder of copies.

    Args:
        folder: on a local disk; made if needed, for this user alone. Any number of processes and stores may share it.
        limit: bytes that copies may take. What processes use stays, even if it is more.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.limit = limit
        self._uses: Uses | None = None

    def get(self, digest: str, name: str, fetch: Callable[[Path], None]) -> Path:
        """A path at which a file can be read until :meth:`release`; not to be written to.

        Args:
            digest: SHA-256 of the content, in hexadecimal.
            name: what the file is to be called.
            fetch: brings the file to a path; called only if there is no copy yet.

        Raises:
            ContentError: what was fetched, twice, is not that content.
            StoreError: there is no space.
        """
        with self._errors():
            path = self._own().path(digest, name)
            if not (_is_untouched(path) or self._link(digest, path)):
                with self._bringing(digest) as part:
                    # another process may have brought it meanwhile
                    if not self._link(digest, path):
                        self._fetch(digest, name, part, fetch)
                        self._keep(digest, part)
                        _replace_by_link(part, path)
            return path

    def add(self, digest: str, source: Path) -> None:
        """Take a local file, which is gone then, as the copy of its content; no error if there is no space."""
        try:
            with self._errors(), self._bringing(digest) as part:
                shutil.move(source, part)
                self._keep(digest, part)
        except StoreError:
            source.unlink(missing_ok=True)

    def forget(self, digest: str) -> bool:
        """Delete the copy of a content, whose bytes are not those any more; returns whether there was one."""
        if self._uses and self._uses.process == os.getpid():
            self._uses.forget(digest)
        copy = self._copy(digest)
        with self._errors():
            there = copy.exists()
            copy.unlink(missing_ok=True)
        return there

    def release(self) -> None:
        """Give up all paths that this process was given: what they lead to may be deleted."""
        if self._uses and self._uses.process == os.getpid():
            self._uses.release()

    def trim(self) -> None:
        """Delete what killed processes left, and copies beyond the limit."""
        if self.folder.is_dir():
            with self._errors(), self._locked() as account:
                os.pwrite(account, f"{self._clear(self.limit):<20}".encode(), 0)

    def _own(self) -> Uses:
        # a fork has paths of its own; those of its parent stay as long as the fork lives
        if self._uses is None or self._uses.process != os.getpid():
            private_folder(self.folder)
            with self._locked():
                remove_unused(self.folder / "in-use")
                self._uses = Uses(self.folder / "in-use")
        return self._uses

    def _copy(self, digest: str) -> Path:
        return self.folder / "content" / digest[:2] / digest

    def _link(self, digest: str, path: Path) -> bool:
        """Hand out the copy of a content, if there is one that nobody has changed."""
        copy = self._copy(digest)
        if not copy.exists():
            return False
        if not _is_untouched(copy):
            copy.unlink(missing_ok=True)
            return False
        try:
            _replace_by_link(copy, path)
            os.utime(path, ns=(time.time_ns(), _UNTOUCHED))
        except FileNotFoundError:
            return False  # deleted this moment, to make room
        return True

    def _fetch(self, digest: str, name: str, part: Path, fetch: Callable[[Path], None]) -> None:
        for retried in (False, True):
            try:
                fetch(part)
            except (OSError, StoreError) as error:
                if retried or not is_no_space(error):
                    raise
                with self._locked():
                    self._clear(0)
                continue
            found = sha256_of(part)
            if found == digest:
                return
            part.unlink()
            if retried:
                raise ContentError(f"{name} has SHA-256 {found}, its manifest says {digest}")

    @contextlib.contextmanager
    def _bringing(self, digest: str) -> Iterator[Path]:
        """Yield the path to bring a file to, alone; who hangs while bringing it is not waited for."""
        self._own()
        folder = self.folder / "incoming" / f"{digest}.{uuid.uuid4().hex[:8]}"
        folder.parent.mkdir(exist_ok=True)
        lock = folder.with_name(f"{digest}.lock")
        descriptor = _wait(lock)
        try:
            folder.mkdir()
            yield folder / "part"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if descriptor is not None:
                # while it is held: who waits for it sees that it is gone
                lock.unlink(missing_ok=True)
                os.close(descriptor)

    def _keep(self, digest: str, part: Path) -> None:
        """Make a whole file the copy of its content, if it may stay."""
        part.chmod(0o444)
        os.utime(part, ns=(time.time_ns(), _UNTOUCHED))
        size = part.stat().st_size
        if size > self.limit:
            return
        copy = self._copy(digest)
        with self._locked() as account:
            total = _number(account)
            if total + size > self.limit:
                total = self._clear(int(self.limit * _KEPT_AFTER_CLEARING) - size)
            copy.parent.mkdir(parents=True, exist_ok=True)
            _replace_by_link(part, copy)
            os.pwrite(account, f"{total + size:<20}".encode(), 0)

    def _clear(self, wanted: int) -> int:
        """Delete what was not used for the longest time until no more than some bytes are left; how many there are."""
        remove_unused(self.folder / "in-use")
        _remove_old(self.folder / "incoming")
        copies = [(path, path.stat()) for path in (self.folder / "content").glob("*/*")]
        total = sum(found.st_size for _, found in copies)
        for path, found in sorted(copies, key=lambda copy: copy[1].st_atime_ns):
            if total <= max(wanted, 0):
                break
            # what is handed out would take no less space without its name here
            if found.st_nlink == 1:
                path.unlink(missing_ok=True)
                total -= found.st_size
        return total

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self.folder / "account", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, StoreError) as error:
            # what is said of a server stays as it is; that this disk is full may come wrapped in it
            if isinstance(error, StoreError) and not is_no_space(error):
                raise
            what = "is full" if is_no_space(error) else "cannot be used"
            raise StoreError(
                f"the cache of remote files {what}: {self.folder} ({error})",
                cure="free some space there, or name another folder as cache in the section [store] of law_user.cfg",
            ) from error


def _remove_old(incoming: Path) -> None:
    """Remove what killed processes were bringing."""
    for path in incoming.iterdir() if incoming.is_dir() else ():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _wait(lock: Path) -> int | None:
    """Wait for who brings a file; ``None`` if nothing more of it arrives there, so that waiting is no use."""
    arrived, since, pause = -1, time.monotonic(), 0.01
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                return descriptor
        except FileNotFoundError:
            pass  # who held it has finished this moment
        except BlockingIOError:
            now = sum(map(_size, lock.parent.glob(f"{lock.stem}.[0-9a-f]*")))
            if now != arrived:
                arrived, since = now, time.monotonic()
            if time.monotonic() - since > _STUCK_SECONDS:
                os.close(descriptor)
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.5)
        os.close(descriptor)


def _size(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0


def _is_untouched(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime_ns == _UNTOUCHED
    return False


def _replace_by_link(source: Path, path: Path) -> None:
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}")
    os.link(source, temporary)
    os.replace(temporary, path)
    # renaming one of two names of a file to the other does nothing at all
    temporary.unlink(missing_ok=True)


def _number(account: int) -> int:
    text = os.pread(account, 32, 0).strip()
    return int(text) if text.isdigit() else 0
