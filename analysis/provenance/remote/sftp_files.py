"""Files on any machine that one can log in to by SSH."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import socket
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.checksums import Checksum
from analysis.provenance.remote.faults import (
    CredentialsError,
    MissingError,
    NoConnectionError,
    NotPermittedError,
    TimedOutError,
    fault,
)
from analysis.provenance.remote.files import Entry, is_file_or_folder
from analysis.provenance.remote.options import Options
from analysis.provenance.remote.server_files import ServerFiles

__all__ = ["SFTPFiles"]

# bytes that every server sends in one answer
_REQUEST = 2**15
_NO_WAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}


class _Channels:
    """One connection to a host; each thread that uses it at a time has a channel of its own.

    (A paramiko channel for files is for one thread: two would read each other's answers.)
    """

    def __init__(self, address: Address, options: Options) -> None:
        import paramiko

        config = _host_config(address.host)
        self._timeout = options.timeout
        self._idle: list[Any] = []
        # as many as OpenSSH's server lets a connection have, usually
        self._free = threading.BoundedSemaphore(8)
        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if options.known_hosts:
            self._client.load_host_keys(options.known_hosts)
        else:
            self._client.load_system_host_keys()
        seconds = min(10.0, options.timeout)
        weakref.finalize(self, _close, self._client, os.getpid())
        self._client.connect(
            config.get("hostname", address.host),
            port=address.port or int(config.get("port", 22)),
            username=address.user or config.get("user"),
            key_filename=[options.key_file] if options.key_file else config.get("identityfile"),
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            channel_timeout=seconds,
        )

    @contextlib.contextmanager
    def one(self) -> Iterator[Any]:
        """A channel for this thread."""
        with self._free:
            try:
                sftp = self._idle.pop()
            except IndexError:
                sftp = self._client.open_sftp()
                sftp.get_channel().settimeout(self._timeout)
            try:
                yield sftp
            except BaseException as error:
                if not _is_answer(error):
                    sftp.close()
                else:
                    self._idle.append(sftp)
                raise
            self._idle.append(sftp)


def _is_answer(error: BaseException) -> bool:
    """Whether a server has said so, with nothing more to come: the protocol has a number for two errors only."""
    return isinstance(error, (FileNotFoundError, PermissionError)) or (
        type(error) is OSError and error.errno is None and not _is_closed(error)
    )


def _is_closed(error: BaseException) -> bool:
    """Whether there is no connection: paramiko says so in words where it has found it out itself."""
    return type(error) is OSError and (str(error) == "Socket is closed" or error.errno in _NO_WAY)


def _close(client: Any, process: int) -> None:
    """End a connection, but not a parent's."""
    if os.getpid() == process:
        client.close()


class SFTPFiles(ServerFiles):
    """Files on any machine that one can log in to by SSH (``sftp://user@host/folder``).

    Host names, user names and keys are those of ``~/.ssh/config`` and ssh's agent; nobody is asked for a password, and
    only known hosts are trusted. (fsspec has SFTP too, but trusts every host, and takes any error for an absent file.)
    """

    def __init__(self, address: Address, options: Options) -> None:
        super().__init__(address, options)
        self._root: str | None = None
        self._plain: set[str] = set()

    def _connect(self) -> Any:
        return _Channels(self.address, self.options)

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        import paramiko
        from paramiko.ssh_exception import NoValidConnectionsError

        kind: type[StoreError] | None = None
        if isinstance(error, (paramiko.AuthenticationException, paramiko.BadHostKeyException)):
            kind = CredentialsError
        elif isinstance(error, paramiko.SSHException):
            kind = CredentialsError if "not found in known_hosts" in str(error) else NoConnectionError
        elif isinstance(error, TimeoutError):
            return fault(TimedOutError, address, f"{self.options.timeout:g} s")
        elif isinstance(error, (ConnectionError, EOFError, NoValidConnectionsError, socket.gaierror)) or _is_closed(
            error
        ):
            kind = NoConnectionError
        elif isinstance(error, OSError) and _is_answer(error):
            kind = {errno.ENOENT: MissingError, errno.EACCES: NotPermittedError}.get(error.errno or 0, StoreError)
        return fault(kind, address, str(error) or "the connection has ended") if kind else None

    def _stat(self, path: str) -> Entry | None:
        try:
            with self.connection.one() as sftp:
                facts = self._facts_of(sftp, path)
                return Entry.of(facts) if self.follows_links or is_file_or_folder(facts) else None
        except FileNotFoundError:
            return None

    def _listing(self, path: str) -> dict[str, Entry]:
        try:
            with self.connection.one() as sftp:
                # the protocol says of links that they are some, and nothing of what they lead to
                found = sftp.listdir_attr(path)
                return {
                    facts.filename: Entry.of(facts) for facts in found if self.follows_links or is_file_or_folder(facts)
                }
        except FileNotFoundError:
            return {}

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        # SSH itself compares what it carries; OpenSSH's server knows no checksums of files
        with self.connection.one() as sftp:
            return self._facts_of(sftp, path).st_size, None

    def _read(self, path: str) -> bytes:
        return b"".join(self._pieces(path))

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        with self.connection.one() as sftp, self._opened(sftp, path) as file:
            return list(file.readv([(start, stop - start) for start, stop in ranges]))

    def _download(self, path: str, local: Path) -> None:
        with open(local, "wb") as target:
            for piece in self._pieces(path):
                target.write(piece)

    def _opened(self, sftp: Any, path: str) -> Any:
        # the protocol has no way to open what is no link
        if not self.follows_links and not is_file_or_folder(self._facts_of(sftp, path)):
            raise FileNotFoundError(errno.ENOENT, "a link, or no ordinary file", path)
        return sftp.open(path, "rb")

    def _facts_of(self, sftp: Any, path: str) -> Any:
        if self.follows_links:
            return sftp.stat(path)
        self._check_folder(sftp, os.path.dirname(path) if path != self.address.folder else path)
        return sftp.lstat(path)

    def _check_folder(self, sftp: Any, folder: str) -> None:
        """Refuse folders below the store's own that are links; each is looked at once."""
        if self._root is None:
            self._root = sftp.normalize(self.address.folder or "/").rstrip("/")
        if folder not in self._plain:
            if sftp.normalize(folder).rstrip("/") != self._root + folder.removeprefix(self.address.folder).rstrip("/"):
                raise fault(StoreError, f"{self.url}{folder.removeprefix(self.address.folder)}", "a link is in the way")
            self._plain.add(folder)

    def _pieces(self, path: str) -> Iterator[bytes]:
        """A file's content, asked for in as many requests at a time as make up one chunk (paramiko's get() sleeps)."""
        with self.connection.one() as sftp, self._opened(sftp, path) as file:
            size = file.stat().st_size
            for begin in range(0, size, self.options.chunk):
                end = min(begin + self.options.chunk, size)
                yield from file.readv([(o, min(_REQUEST, end - o)) for o in range(begin, end, _REQUEST)])

    def _upload(self, local: Path, path: str) -> None:
        with open(local, "rb") as source:
            self._send(source, path)

    def _send(self, source: io.BufferedIOBase, path: str) -> None:
        try:
            with self.connection.one() as sftp:
                sftp.putfo(source, path, confirm=False)
        except FileNotFoundError:
            self._make_folder(os.path.dirname(path))
            source.seek(0)
            with self.connection.one() as sftp:
                sftp.putfo(source, path, confirm=False)

    def _create(self, path: str, content: bytes) -> bool:
        with self._temporary(path) as temporary:
            self._send(io.BytesIO(content), temporary)
            try:
                # without the extension that replaces: OpenSSH's server makes a hard link, which is exclusive
                with self.connection.one() as sftp:
                    sftp.rename(temporary, path)
            except OSError:
                if self._stat(path) is None:
                    raise
                self._remove(temporary)
                return False
        return True

    def _rename(self, path: str, new: str) -> None:
        with self.connection.one() as sftp:
            sftp.posix_rename(path, new)

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError), self.connection.one() as sftp:
            sftp.remove(path)

    def _make_folder(self, path: str) -> None:
        try:
            with self.connection.one() as sftp:
                sftp.mkdir(path)
        except FileNotFoundError:
            if path in {"", "/"}:
                raise
            self._make_folder(os.path.dirname(path))
            self._make_folder(path)
        except OSError:
            # the protocol has no number for what exists already
            found = self._stat(path)
            if found is None or not found.is_folder:
                raise

    def _remove_folder(self, path: str) -> None:
        with self.connection.one() as sftp:
            sftp.rmdir(path)


def _host_config(host: str) -> dict[str, Any]:
    """Return ssh's own configuration of a host."""
    import paramiko

    file = Path.home() / ".ssh" / "config"
    return dict(paramiko.SSHConfig.from_path(str(file)).lookup(host)) if file.is_file() else {}
