"""Manifests as text: most of one is the same in all manifests that a process writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analysis.provenance.keys import KeyParts

__all__ = ["manifest_text"]

# what all records of a process have in common, or all of a key, with its text
_texts: dict[str, tuple[Any, str]] = {}


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """A manifest as JSON, as ``json.dumps(..., indent=1)`` has it, without writing the same parts again and again."""
    lines = []
    for name, value in manifest.items():
        known = _texts.get(name)
        if known is None or known[0] is not value:
            # strings of JSON have no line breaks of their own
            content = value.as_dict() if isinstance(value, KeyParts) else value
            text = json.dumps(content, indent=1, allow_nan=False).replace("\n", "\n ")
            known = _texts[name] = value, text
        lines.append(f' "{name}": {known[1]}')
    return "{\n" + ",\n".join(lines) + "\n}\n"
