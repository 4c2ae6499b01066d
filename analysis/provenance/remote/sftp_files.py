"""Files on any machine that one can log in to by SSH."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.checksums import Checksum
from analysis.provenance.remote.faults import (
    CredentialsError,
    FullError,
    MissingError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
    fault,
)
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.server_files import ServerFiles

__all__ = ["SFTPFiles"]

_OF_NUMBER: dict[int | None, type[StoreError]] = {
    errno.ENOENT: MissingError,
    errno.EACCES: NotPermittedError,
    errno.ENOSPC: FullError,
    errno.EDQUOT: FullError,
}


class SFTPFiles(ServerFiles):
    """Files on any machine that one can log in to by SSH (``sftp://user@host/folder``).

    Host names, user names and keys are those of ``~/.ssh/config`` and ssh's agent; nobody is asked for a password, and
    only known hosts are trusted. (fsspec has SFTP too, but trusts every host, and takes any error for an absent file.)
    """

    def _connect(self) -> Any:
        import paramiko

        config = _host_config(self.address.host)
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if self.options.known_hosts:
            client.load_host_keys(self.options.known_hosts)
        else:
            client.load_system_host_keys()
        seconds = min(10.0, self.options.timeout)
        keys = [self.options.key_file] if self.options.key_file else config.get("identityfile")
        client.connect(
            config.get("hostname", self.address.host),
            port=self.address.port or int(config.get("port", 22)),
            username=self.address.user or config.get("user"),
            key_filename=keys,
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            channel_timeout=seconds,
        )
        sftp = client.open_sftp()
        sftp.get_channel().settimeout(self.options.timeout)
        # the client goes, and with it the connection, when nobody has it any more
        sftp.client = client
        return sftp

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        import paramiko

        if isinstance(error, (paramiko.BadHostKeyException, paramiko.ssh_exception.BadHostKeyException)):
            return fault(CredentialsError, address, "the host's key is not the known one")
        if isinstance(error, paramiko.AuthenticationException):
            return fault(CredentialsError, address, error)
        if isinstance(error, paramiko.SSHException):
            unknown = "not found in known_hosts" in str(error)
            return fault(CredentialsError if unknown else UnreachableError, address, error)
        if isinstance(error, TimeoutError):
            return fault(TimedOutError, address, f"{self.options.timeout:g} s")
        if isinstance(error, (ConnectionError, EOFError)) or type(error).__name__ == "gaierror":
            return fault(UnreachableError, address, error or "the connection ended")
        if isinstance(error, OSError):
            kind = _OF_NUMBER.get(error.errno)
            if kind is None:
                kind = (
                    UnreachableError
                    if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError)
                    else StoreError
                )
            return fault(kind, address, error)
        return None

    def _stat(self, path: str) -> Entry | None:
        try:
            return _entry(self.connection.stat(path))
        except FileNotFoundError:
            return None

    def _listing(self, path: str) -> dict[str, Entry]:
        try:
            return {facts.filename: _entry(facts) for facts in self.connection.listdir_attr(path)}
        except FileNotFoundError:
            return {}

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        # SSH itself compares what it carries; OpenSSH's server knows no checksums of files
        return self.connection.stat(path).st_size, None

    def _read(self, path: str) -> bytes:
        with self.connection.open(path, "rb") as file:
            file.prefetch()
            return file.read()

    def _download(self, path: str, local: Path) -> None:
        self.connection.get(path, str(local), max_concurrent_prefetch_requests=64)

    def _upload(self, local: Path, path: str) -> None:
        with open(local, "rb") as source:
            self._send(source, path)

    def _send(self, source: Any, path: str) -> None:
        try:
            self.connection.putfo(source, path, confirm=False)
        except FileNotFoundError:
            self._make_folder(os.path.dirname(path))
            source.seek(0)
            self.connection.putfo(source, path, confirm=False)

    def _create(self, path: str, content: bytes) -> bool:
        import io

        with self._temporary(path) as temporary:
            self._send(io.BytesIO(content), temporary)
            try:
                # without the extension that replaces: OpenSSH's server makes a hard link, which is exclusive
                self.connection.rename(temporary, path)
            except OSError:
                if self._stat(path) is None:
                    raise
                self._remove(temporary)
                return False
        return True

    def _rename(self, path: str, new: str) -> None:
        self.connection.posix_rename(path, new)

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.connection.remove(path)

    def _make_folder(self, path: str) -> None:
        try:
            self.connection.mkdir(path)
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
        self.connection.rmdir(path)


def _host_config(host: str) -> dict[str, Any]:
    """What ssh's own configuration says of a host."""
    import paramiko

    file = Path.home() / ".ssh" / "config"
    return dict(paramiko.SSHConfig.from_path(str(file)).lookup(host)) if file.is_file() else {}


def _entry(facts: Any) -> Entry:
    is_folder = stat.S_ISDIR(facts.st_mode)
    return Entry(0 if is_folder else facts.st_size, is_folder, float(facts.st_mtime or 0))
