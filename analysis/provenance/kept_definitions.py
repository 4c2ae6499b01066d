"""Definitions of modules as files, so that only edited modules are analysed anew.

An entry is found by the digest of the module's content, of this code's own sources and of Python's version, and holds a
digest of itself: it cannot be out of date, and what is damaged is made anew. Keys are decided with them, so the folder
is this user's or the project's own. Where no file can be written, nothing is kept.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.definitions import Definitions
from analysis.provenance.locks import PROJECT
from analysis.provenance.private_folder import open_private

__all__ = ["kept_definitions"]

_ENGINE = (
    *("bindings", "definitions", "effect_rules", "effects", "module_definitions", "ownership", "scopes", "syntax"),
    "traversal",
)
# of entries in one of 256 folders
_MOST = 16


def kept_definitions(content: bytes, parse: Callable[[], ast.Module]) -> Definitions:
    """The definitions of a module, found in a file or made and kept there.

    Args:
        content: of the module's file.
        parse: makes its syntax tree.
    """
    name = hashlib.sha256(_engine() + content).hexdigest()[:40]
    for folder in _folders():
        with suppress(OSError, ValueError, TypeError, KeyError):
            check, _, text = (folder / name[:2] / name[2:]).read_text(encoding="utf-8").partition("\n")
            if check == hashlib.sha256(text.encode()).hexdigest():
                return Definitions.from_json(json.loads(text))
    # most commands find all of them
    from analysis.provenance.module_definitions import definitions_in

    found = definitions_in(parse())
    _keep(name, json.dumps(found.as_json(), separators=(",", ":")))
    return found


def _keep(name: str, text: str) -> None:
    for folder in _folders():
        place = folder / name[:2]
        temporary = place / f".{uuid.uuid4().hex}"
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            temporary.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")
            temporary.replace(place / name[2:])
            _remove_oldest(place)
            return
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _remove_oldest(folder: Path) -> None:
    """Remove entries that have not been made for long."""
    entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in entries[:-_MOST]:
        path.unlink(missing_ok=True)


@cache
def _engine() -> bytes:
    """Digest of the code that finds definitions."""
    sources = (Path(__file__).with_name(f"{name}.py").read_bytes() for name in _ENGINE)
    version = f"{sys.implementation.cache_tag}".encode()
    return hashlib.sha256(b"\0".join([version, *sources])).digest()


@cache
def _folders() -> tuple[Path, ...]:
    """Folders for the files: the project's, as is its code; where that may not be written, the user's own as well."""
    of_project = PROJECT / ".cache" / "definitions"
    there = next(path for path in (of_project, *of_project.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return (of_project,)
    caches, own = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")), ("erumflow", "definitions")
    try:
        os.close(open_private(caches, *own))
    except (OSError, StoreError):
        # what others can write to is nothing to believe; without it, every command looks at all modules
        return (of_project,)
    return of_project, caches.joinpath(*own)
