"""Source text of the code that keys were decided with, kept in the store so that a difference can be shown later.

One compressed file has the definitions of one key's code, as ``{label: text}``. It is named by the digest of the code's
digests, so that records with the same code share it, and lies in ``.code``, which is in no listing of records.
A file that is missing or damaged costs the text of a difference and nothing else.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.fingerprint import digest, sources
from analysis.provenance.keys import KeyParts, canonical_json
from analysis.provenance.store import Store

__all__ = ["FOLDER", "keep_texts", "kept_texts"]

FOLDER = ".code"
# what somebody else may have written must not fill the memory
_MOST_BYTES = 64 * 2**20

_kept: set[tuple[str, str]] = set()


def keep_texts(store: Store, place: str, parts: KeyParts, folder: Path) -> None:
    """Keep the source text of a key's code in the store, once for all records that have the same.

    Args:
        store: of the record.
        place: of the record; asked about once a process.
        parts: of its key.
        folder: a local folder for a file on its way, which the store may move it from.
    """
    if (store.url(""), place) in _kept or not (code := parts.all_code()):
        return
    name = _file_of(parts)
    try:
        if store.size(FOLDER, name) is None:
            text = json.dumps(sources(code), separators=(",", ":"))
            file = folder / f".{name}"
            file.write_bytes(gzip.compress(text.encode("ascii"), 1, mtime=0))
            store.put(FOLDER, name, file)
    except (StoreError, OSError):
        # an explanation is no reason to lose a result; where the store is gone, the record will say so
        return
    _kept.add((store.url(""), place))


def kept_texts(store: Store, parts: KeyParts) -> dict[str, str]:
    """Return the source text of a key's code by label, as it was kept; empty if there is none that can be read.

    Args:
        store: of the records.
        parts: of the key.
    """
    name = _file_of(parts)
    try:
        # 31: of gzip, which has a checksum
        texts = json.loads(zlib.decompressobj(31).decompress(store.read(FOLDER, name), _MOST_BYTES))
    except (StoreError, zlib.error, ValueError):
        return {}
    if not isinstance(texts, dict):
        return {}
    return {label: text for label, text in texts.items() if isinstance(text, str)}


def _file_of(parts: KeyParts) -> str:
    return f"{digest(canonical_json(parts.all_code()))}.json.gz"
