"""The files that decide what a page looks like, and their digest: they are part of what decides a page's bytes."""

from __future__ import annotations

import hashlib
from importlib import resources

__all__ = ["FILES", "digest", "read"]

FILES = ("page.html", "macros.html", "page.css", "page.js")
"""Names of the files, in the package's folder ``templates``."""


def read(name: str) -> str:
    """The content of one of :data:`FILES`."""
    return (resources.files("analysis.report") / "templates" / name).read_text(encoding="utf-8")


def digest() -> str:
    """SHA-256 of all files, in hexadecimal; for the key of whatever renders them."""
    text = "\0".join(f"{name}\0{read(name)}" for name in FILES)
    return hashlib.sha256(text.encode()).hexdigest()
