"""Manifests as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.provenance.keys import KeyParts
from analysis.provenance.manifest_text import manifest_text


def test_the_text_says_what_the_manifest_does_whatever_was_written_before():
    software = {"packages": {"a": "1.0", "b": 'line\nbreak and "quotes" and µ'}}
    for number in range(3):
        parts = KeyParts("Family", {"number": number}, {"module": "0" * 16})
        manifest: dict[str, Any] = {
            "format": 1,
            "payload": {},
            "list": [[], [1, {"x": None}]],
            "parts": parts,
            "software": software,
        }
        expected = manifest | {"parts": parts.as_dict()}
        text = manifest_text(manifest)
        assert json.loads(text) == expected
        assert list(json.loads(text)) == list(expected)
        assert text.isascii()
        assert '\n  "packages": {\n   "a": "1.0",\n' in text
        manifest["list"] = [number]
        assert json.loads(manifest_text(manifest))["list"] == [number]


@pytest.mark.parametrize("name", ["seconds", "software"])
def test_what_is_no_number_is_refused(name: str):
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest_text({name: float("nan")})
