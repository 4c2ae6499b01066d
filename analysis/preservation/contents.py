"""What a capsule says about itself is written of this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.preservation.inputs import Input

__all__ = ["OWN", "USAGE", "Contents"]

#: the project's own words, and names of its tasks where it has no address
OWN = "https://w3id.org/ro/terms/erumflow"
#: units of resources in UN/CEFACT's and QUDT's words
USAGE = {
    "seconds": ("wall time", "https://qudt.org/vocab/unit/SEC"),
    "cpu_seconds": ("processor time", "https://qudt.org/vocab/unit/SEC"),
    "peak_memory_bytes": ("peak memory", "https://qudt.org/vocab/unit/BYTE"),
}


@dataclass(frozen=True)
class Contents:
    """What there is to be described.

    Args:
        study: its name.
        title: for people.
        description: what the study measures, in a sentence or more.
        licence: SPDX name of the code's and results' licence.
        published: when the last record was made (ISO 8601).
        workflow: name of the file that the graph ends in, among the files.
        language: version of law.
        url: of the project.
        version: of the project.
        commit: of its code, in git; empty if there is none, or if files were changed since.
        files: size of every file of the capsule in bytes, by name.
        results: names of those that are results for people, with what they are.
        manifests: of all records, cleaned, by the file that has them; each after those it is made of.
        inputs: what came from outside.
        parameters: of the run, as texts.
        command: that makes the results.
        authors: names.
    """

    study: str
    title: str
    description: str
    licence: str
    published: str
    workflow: str
    language: str
    url: str
    version: str
    commit: str
    files: Mapping[str, int]
    results: Mapping[str, str]
    manifests: Mapping[str, Mapping[str, Any]]
    inputs: Sequence[Input]
    parameters: Mapping[str, str]
    command: str
    authors: Sequence[str]
