"""The address of a folder on a storage server, in its parts."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from analysis.errors import StoreError

__all__ = ["SCHEMES", "Address"]

SCHEMES = ("file", "memory", "sftp", "s3", "root", "roots", "davs", "dav", "https", "http")
"""What an address may begin with."""


@dataclass(frozen=True)
class Address:
    """The address of a folder on a storage server.

    Args:
        scheme: one of :data:`SCHEMES`.
        host: name or number of the server; of S3, the bucket.
        port: number of the port, 0 for the usual one.
        user: name on the server, empty for the usual one.
        folder: absolute path of the folder, without a slash at the end.

    Examples:
        >>> Address.parse("root://eos.example.org//eos/user/j/jane/store/")
        Address(scheme='root', host='eos.example.org', port=0, user='', folder='/eos/user/j/jane/store')
        >>> Address.parse("sftp://jane@desk:2222/data").url
        'sftp://jane@desk:2222/data'
        >>> Address.parse("root://host//store").url
        'root://host//store'
    """

    scheme: str
    host: str
    port: int
    user: str
    folder: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """The parts of an address.

        Raises:
            StoreError: it is none, or it holds a password or a token.
        """
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in SCHEMES:
            raise StoreError(
                f"no address of a store: {scheme if separator else url!r}",
                cure=f"begin it with one of {', '.join(SCHEMES)}://",
            )
        authority, _, path = rest.partition("/")
        user, _, place = authority.rpartition("@")
        # the value is not repeated: it may be the secret
        if ":" in user or "?" in path or "?" in authority:
            raise StoreError(
                f"an address of {scheme}:// with a password or '?' in it",
                cure="leave it out: credentials come from the environment only (docs/clusters.md)",
            )
        host, port = _host_and_port(place)
        if port and not port.isdigit():
            raise StoreError(f"no port in an address of {scheme}://: {port!r}", cure="write host:number")
        if not host and scheme != "file":
            raise StoreError(f"no host in the address {url!r}", cure=f"write {scheme}://host/folder")
        if scheme in {"davs", "dav", "https", "http"}:
            path = unquote(path)
        names = [name for name in path.split("/") if name]
        if not path.isprintable() or {".", ".."} & set(names):
            raise StoreError(f"no folder in the address {url!r}", cure="name the folder in full")
        return cls(scheme, host, int(port or 0), user, "/" + "/".join(names) if names else "")

    @property
    def authority(self) -> str:
        """User, host and port as an address has them."""
        return (f"{self.user}@" if self.user else "") + self.host + (f":{self.port}" if self.port else "")

    @property
    def url(self) -> str:
        """The address in full."""
        slash = "/" if self.scheme in {"root", "roots"} else ""
        return f"{self.scheme}://{self.authority}{slash}{self.folder}"


def _host_and_port(place: str) -> tuple[str, str]:
    """Host and port; an IPv6 host stands in brackets."""
    if place.startswith("["):
        host, bracket, port = place.partition("]")
        return host + bracket, port.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port
