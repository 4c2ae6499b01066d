"""The right to write one record, among machines that share only a storage server.

A *lease* is a small file that its holder makes, which only one process can, and deletes at the end. While it works, the
holder changes a second file, the heartbeat. Who waits and sees neither change for some time takes the lease over; no
clocks of different machines are compared.

What it promises: as long as holder and server can talk to each other, one process writes. A holder that was cut off
for longer finds, before it writes, that its lease is gone, and stops. In the moment between that look and the writing
two may write; so what makes a record right is its digests, not the lease.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import StoreError

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Files

__all__ = ["Lease", "machine_identity"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Lease:
    """One process's right, or its wish for it.

    Args:
        files: the server.
        path: of the lease's file.
        machine: :func:`machine_identity` of a folder whose file lock for the same right this process holds, so that an
            older lease of the same machine can only be that of a dead process; empty for none.
        seconds: without a sign of life after which a holder counts as dead.
    """

    def __init__(self, files: Files, path: str, *, machine: str = "", seconds: float = 60.0) -> None:
        self.files = files
        self.path = path
        self.machine = machine
        self.seconds = seconds
        self.owner = uuid.uuid4().hex
        self._process = os.getpid()
        self._confirmed = 0.0
        self._ended = threading.Event()
        self._has_beaten = False

    @contextlib.contextmanager
    def held(self, waiting: Callable[[], None]) -> Iterator[bool]:
        """Hold the lease; yields whether a dead process had left it.

        Args:
            waiting: called once if another machine holds it.

        Raises:
            StoreError: the server cannot be asked.
        """
        inherited = self._acquire(waiting)
        heart = threading.Thread(target=self._beat, name=f"lease {self.path}", daemon=True)
        heart.start()
        try:
            yield inherited
        finally:
            # not in a forked child that comes here as well
            if os.getpid() == self._process:
                self._ended.set()
                heart.join()
                self._release()

    def check(self) -> None:
        """See that the lease is still this process's; asks the server only if that was not certain a moment ago.

        Raises:
            StoreError: another process has taken it over, or the server cannot be asked.
        """
        if _now() - self._confirmed < self.seconds / 2:
            return
        found = self._read()
        if found is None or found.get("owner") != self.owner:
            by = f" by a process on {found['host']}" if found and found.get("host") else ""
            raise StoreError(
                f"the right to write {self.files.url}/{self.path} was taken over{by}, because nothing was heard of this"
                f" process for {self.seconds:g} s",
                cure="run the same command again: it waits for the other one, or goes on where that ended",
            )
        self._confirmed = _now()

    def _acquire(self, waiting: Callable[[], None]) -> bool:
        content = {
            "owner": self.owner,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "machine": self.machine,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        seen: Any = None
        since, pause, told, inherited, attempt = 0.0, _FIRST_PAUSE, False, False, 1
        while not self.files.create(self.path, json.dumps(content).encode()):
            found = self._read()
            if found is None:
                time.sleep(_FIRST_PAUSE)
                continue
            ours = bool(self.machine) and found.get("machine") == self.machine
            state = (found, None if ours else self._heartbeat())
            if state != seen:
                seen, since, attempt = state, _now(), 1
            if ours or _now() - since > attempt * self.seconds:
                inherited = self._take_from(found, attempt) or inherited
                attempt += 1
                continue
            if not told:
                waiting()
                told = True
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE, self.seconds / 8)
        self._confirmed = _now()
        return inherited

    def _take_from(self, dead: dict[str, Any], attempt: int) -> bool:
        """Delete a dead holder's lease; of all who want to, one may. Another one may if that one dies as well."""
        # a name that a listing tells from others; anybody may have written the owner
        owner = str(dead.get("owner"))[:12]
        known = re.fullmatch("[0-9a-f]{12}", owner)
        marker = f"{self.path}.{owner if known else hashlib.sha256(ascii(owner).encode()).hexdigest()[:12]}.{attempt}"
        if not self.files.create(marker, self.owner.encode()):
            return False
        if self._read() == dead:
            self.files.remove(f"{self.path}.alive")
            self.files.remove(self.path)
        self.files.remove(marker)
        return True

    def _read(self) -> dict[str, Any] | None:
        """The lease as it is on the server; ``None`` if there is none, nothing in it if it is damaged."""
        from analysis.provenance.remote.faults import MissingError

        try:
            found = json.loads(self.files.read(self.path))
        except MissingError:
            return None
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _heartbeat(self) -> bytes:
        from analysis.provenance.remote.faults import MissingError

        try:
            return self.files.read(f"{self.path}.alive")
        except MissingError:
            return b""

    def _beat(self) -> None:
        """Show that the holder lives. A server that is away for a moment is no reason to stop the work."""
        count = 0
        while not self._ended.wait(self.seconds / 4):
            count += 1
            with contextlib.suppress(StoreError, OSError):
                found = self._read()
                if found is None or found.get("owner") != self.owner:
                    return  # check() says so where it matters
                # not uploaded, as a busy server may take minutes to tell a checksum
                self.files.remove(f"{self.path}.alive")
                self._has_beaten = True
                self.files.create(f"{self.path}.alive", f"{self.owner} {count}".encode())
                self._confirmed = _now()

    def _release(self) -> None:
        # a server that is away keeps the lease until somebody finds it stale
        with contextlib.suppress(StoreError):
            self.check()
            self.files.remove(self.path)
            if self._has_beaten:
                self.files.remove(f"{self.path}.alive")


def machine_identity(folder: Path) -> str:
    """Return a text that tells a folder of locks on this machine from all others.

    Args:
        folder: made if needed; keeps a number of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = folder / "identity"
    if not number.exists():
        temporary = folder / f".identity.{uuid.uuid4().hex}"
        temporary.write_text(uuid.uuid4().hex)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, number)
        temporary.unlink()
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        started = ""
    return f"{socket.gethostname()} {started} {number.read_text()}"


def _now() -> float:
    """Seconds, also those in which the machine slept."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
