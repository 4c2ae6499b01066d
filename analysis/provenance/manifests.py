"""Manifests: what is written into one, and whether what is read can be one.

A manifest is a claim by whoever could write to the store. Nothing of it is used before all that readers use was
checked: names, types, the digest of its own text, and that its key is the one of its parts.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from analysis.provenance.keys import KeyParts, canonical_json
from analysis.provenance.manifest_forms import PARTS, check_fields, is_name

__all__ = [
    "FORMAT",
    "MANIFEST",
    "MOST_BYTES",
    "content_digest",
    "known_manifest",
    "label_of",
    "manifest_name",
    "manifest_text",
    "read_manifest",
]

MANIFEST = "manifest.json"
#: 1 has no digest of its own text, and none of its inputs' contents
FORMAT = 2
_FORMATS = (1, FORMAT)
#: one of 50,000 inputs has 6 MB
MOST_BYTES = 64 << 20
#: of lists and objects in each other; an adoption of an adopted record has two more
_MOST_LEVELS = 200

# what all records of a process have in common, or all of a key: the most of a manifest
_COMMON = ("parts", "source", "host", "software")
_DIGEST = ',\n "digest": "'
_texts: dict[str, tuple[Any, str]] = {}

# of the file systems that stores lie on
_MOST_NAME_BYTES = 255


def manifest_name(label: str) -> str:
    """Name of the manifest of a record in its place."""
    return f"{label}.{MANIFEST}" if label else MANIFEST


def label_of(name: str) -> str | None:
    """Label of the record that a file is the manifest of; ``None`` for other files."""
    if name == MANIFEST:
        return ""
    return name.removesuffix(f".{MANIFEST}") if name.endswith(f".{MANIFEST}") else None


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """A manifest as JSON, a part a line; those that many records have in common are written out once, in many lines.

    The last line is the SHA-256 of all text before it.
    """
    lines = []
    for name, value in manifest.items():
        if name not in _COMMON:
            lines.append(f' "{name}": {json.dumps(value, allow_nan=False)}')
            continue
        known = _texts.get(name)
        if known is None or known[0] is not value:
            content = value.as_dict() if isinstance(value, KeyParts) else value
            # strings of JSON have no line breaks of their own
            text = json.dumps(content, indent=1, allow_nan=False).replace("\n", "\n ")
            known = _texts[name] = value, text
        lines.append(f' "{name}": {known[1]}')
    text = "{\n" + ",\n".join(lines)
    return f'{text}{_DIGEST}{hashlib.sha256(text.encode("ascii")).hexdigest()}"\n}}\n'


def read_manifest(content: bytes, place: str = "", label: str = "") -> dict[str, Any]:
    """A manifest from its text.

    Args:
        content: the text.
        place: of the record that it has to be the manifest of; empty where any record will do.
        label: of that record.

    Raises:
        ValueError: it is no manifest, or that of another record; the message says what is wrong.

    Returns:
        The manifest, of which everything that readers use has the right form, and whose key is that of its parts.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has {len(content)} bytes, and {MOST_BYTES} is the most")
    try:
        manifest = json.loads(content, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if not isinstance(manifest, dict) or type(form := manifest.get("format")) is not int or form not in _FORMATS:
        raise ValueError(f"it is of none of the formats {', '.join(map(str, _FORMATS))}")
    _check_text(content, manifest)
    _check_depth(manifest)
    check_fields(manifest)
    _check_names(manifest)
    record = manifest["record"]
    if place and (record["place"], record["label"]) != (place, label):
        raise ValueError(f"it is that of another record, {record['place']} {record['label']}".rstrip())
    return manifest


def known_manifest(content: bytes, place: str, label: str) -> dict[str, Any]:
    """Like :func:`read_manifest`; the same text is not checked again. What is returned is not to be changed.

    Raises:
        ValueError: it is no manifest, or that of another record.
    """
    return (_known if len(content) < _SMALL_BYTES else read_manifest)(content, place, label)


# that of an input is asked for each of its files
_known = lru_cache(maxsize=32)(read_manifest)
_SMALL_BYTES = 1 << 18


def content_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what a record holds: of its files' digests, without those that no two makings have in common.

    A record that has nothing else has those.
    """
    payload = manifest["payload"]
    lasting = {name: file["sha256"] for name, file in payload.items() if not file.get("varying")}
    digests = lasting or {name: file["sha256"] for name, file in payload.items()}
    return hashlib.sha256(canonical_json(digests).encode()).hexdigest()


_TOO_DEEP = "it is nested too deeply"


def _finite(text: str) -> float:
    # the largest numbers are read as infinity
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:80]} is no number")
    return number


def _check_depth(manifest: Mapping[str, Any]) -> None:
    level: list[Any] = [manifest]
    for _ in range(_MOST_LEVELS):
        members = (one.values() if isinstance(one, dict) else one for one in level)
        level = [inner for some in members for inner in some if isinstance(inner, dict | list)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _check_text(content: bytes, manifest: Mapping[str, Any]) -> None:
    if "digest" not in manifest:
        if manifest["format"] == FORMAT:
            raise ValueError("the digest of its text is missing")
        return
    text, _, last = content.rpartition(_DIGEST.encode())
    digest = hashlib.sha256(text).hexdigest()
    # nothing follows that the digest does not cover
    if manifest["digest"] != digest or last != f'{digest}"\n}}\n'.encode():
        raise ValueError("its text has another SHA-256 than it says")


def _check_names(manifest: Mapping[str, Any]) -> None:
    """Check what is said twice, and the names of files."""
    record, parts = manifest["record"], manifest["parts"]
    study, family, folder = record["place"].split("/")
    if (record["study"], record["family"], record["key"]) != (study, family, folder.rpartition("-")[2]):
        raise ValueError("its record's study, family and key are not those of its place")
    for name in manifest["payload"]:
        of_file = f"{record['label']}.{name}" if record["label"] else name
        # with surrogates, which have no bytes, it is no name
        if not is_name(name) or label_of(name) is not None or len(of_file.encode()) > _MOST_NAME_BYTES:
            raise ValueError(f"a payload file cannot be called {name[:80]!r}")
    _check_key(parts, record["key"], manifest["inputs"])
    adopted = manifest.get("adopted")
    while adopted:
        old, before = adopted["from"], adopted["before"]
        if old["place"].rpartition("-")[2] != old["key"]:
            raise ValueError("the key that it was adopted from is not that of the place")
        _check_key(before["parts"], old["key"], before["inputs"])
        adopted = before.get("adopted")


def _check_key(parts: Mapping[str, Any], key: str, inputs: Sequence[Mapping[str, Any]]) -> None:
    if parts.keys() != PARTS.keys() or KeyParts.from_dict(parts).key() != key:
        raise ValueError("its key is not that of its parts")
    for used in inputs:
        role = used["role"]
        if len(used.get("contents", used["labels"])) != len(used["labels"]):
            raise ValueError(f"the input {role[:80]!r} has not as many contents as records")
        # of a whole series there is also how far it goes
        if not used["place"].rpartition("-")[2] == used["key"] == parts["inputs"].get(role, "").partition(" ")[0]:
            raise ValueError(f"the key of the input {role[:80]!r} is not the one of its place and of the parts")
