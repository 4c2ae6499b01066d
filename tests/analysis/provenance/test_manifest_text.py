"""Manifests as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.provenance.keys import KeyParts
from analysis.provenance.manifest_text import manifest_text


def test_the_text_is_that_of_the_standard_library_whatever_was_written_before():
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
        assert manifest_text(manifest) == json.dumps(expected, indent=1, allow_nan=False) + "\n"
        manifest["list"] = [number]
        assert json.loads(manifest_text(manifest))["list"] == [number]


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest_text({"seconds": float("nan")})
