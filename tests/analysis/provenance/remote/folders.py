"""Folders on real servers, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options
from tests.services.servers import S3, SFTP, XRootD

# the service behind a kind of server; none for the two that need nothing
SERVICES = {"memory": "", "file": "", "sftp": "sftp", "root": "xrootd", "http": "xrootd", "s3": "s3"}


@dataclass(frozen=True)
class Server:
    """An empty folder on a server.

    Args:
        kind: one of SERVICES.
        url: address of the folder.
        options: how it is talked to.
        folder: where the server has it on this machine, if that is a folder as well.
    """

    kind: str
    url: str
    options: Options = field(default_factory=Options)
    folder: Path | None = None

    def files(self) -> Files:
        """The files there, as of a process that has not talked to the server before."""
        return connect(self.url, self.options)


def server_of(kind: str, service: XRootD | S3 | SFTP, name: str, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A folder of that name on a service."""
    match kind, service:
        case "root", XRootD():
            return Server("root", f"{service.url}/{name}", folder=service.folder / "store" / name)
        case "http", XRootD():
            return Server("http", f"{service.http_url}/{name}", folder=service.folder / "store" / name)
        case "sftp", SFTP():
            options = Options(key_file=str(service.key_file), known_hosts=str(service.known_hosts))
            return Server("sftp", f"{service.url}/{name}", options, service.folder / name)
        case "s3", S3():
            monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(service.credentials))
            return Server("s3", f"s3://{service.bucket}/{name}", Options(endpoint=service.endpoint))
    raise AssertionError(kind)


EVERY_KIND = [pytest.param(kind, marks=pytest.mark.services if name else ()) for kind, name in SERVICES.items()]
# those that other processes see
SHARED_KINDS = EVERY_KIND[1:]
