"""From an address to the files there."""

from __future__ import annotations

from importlib import import_module

from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options

__all__ = ["connect"]

# by name, because only the one that is used is to be imported
_CLASSES = {
    "dav": ("webdav_files", "WebDAVFiles"),
    "davs": ("webdav_files", "WebDAVFiles"),
    "file": ("folder_files", "FolderFiles"),
    "http": ("webdav_files", "WebDAVFiles"),
    "https": ("webdav_files", "WebDAVFiles"),
    "memory": ("memory_files", "MemoryFiles"),
    "root": ("xrootd_files", "XRootDFiles"),
    "roots": ("xrootd_files", "XRootDFiles"),
    "s3": ("s3_files", "S3Files"),
    "sftp": ("sftp_files", "SFTPFiles"),
}


def connect(url: str, options: Options | None = None) -> Files:
    """The files in a folder of a server.

    Nothing is asked of the server before the first method is called.

    Args:
        url: ``file:///folder``, ``memory://name/folder``, ``sftp://user@host/folder``, ``s3://bucket/folder``,
            ``root://host//folder``, ``davs://host/folder`` or ``https://host/folder``; without any password or token.
        options: how the server is talked to.

    Raises:
        StoreError: the address is none, or of a server of another kind.

    Examples:
        >>> files = connect("memory://example/store")
        >>> files.create("fit/lease", b"me")
        True
        >>> files.create("fit/lease", b"you")
        False
        >>> files.read("fit/lease"), list(files.listing("fit"))
        (b'me', ['lease'])
        >>> files.remove_tree("fit")
        >>> files.listing("fit")
        {}
    """
    address = Address.parse(url)
    module, name = _CLASSES[address.scheme]
    found = getattr(import_module(f"analysis.provenance.remote.{module}"), name)
    return found(address, options or Options())
