"""Manifests as text: most of one is the same in all manifests that a process writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analysis.provenance.keys import KeyParts

__all__ = ["manifest_text"]

# what all records of a process have in common, or all of a key: the most of a manifest
_COMMON = ("parts", "source", "host", "software")
_texts: dict[str, tuple[Any, str]] = {}


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """A manifest as JSON, a part a line; those that many records have in common are written out once, in many lines."""
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
    return "{\n" + ",\n".join(lines) + "\n}\n"
