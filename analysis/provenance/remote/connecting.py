"""From an address to the files there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options

__all__ = ["connect", "locate"]

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
    return _files(Address.parse(url), options or Options())


def locate(url: str, options: Options) -> tuple[Files, str]:
    """The folder that a file on a server lies in, and its name there; connections are kept.

    Raises:
        StoreError: the address is none, or names no file.

    Examples:
        >>> files, name = locate("root://eos.example.org//eos/opendata/muons.root", Options())
        >>> files.url, name
        ('root://eos.example.org//eos/opendata', 'muons.root')
    """
    address = Address.parse(url)
    folder, _, name = address.folder.rpartition("/")
    if not name:
        raise StoreError(f"the address {url!r} names no file", cure="write the whole address of the file")
    return _kept_files(replace(address, folder=folder), options), name


def _files(address: Address, options: Options) -> Files:
    module, name = _CLASSES[address.scheme]
    found: Files = getattr(import_module(f"analysis.provenance.remote.{module}"), name)(address, options)
    return found


_kept_files = cache(_files)
