"""Contents that a capsule's descriptions of itself are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.citation import Citation
from analysis.preservation.inputs import Input

__all__ = ["NOT_STATED", "OWN", "USAGE", "Contents"]

#: for authors and licences that a study does not name
NOT_STATED = "not stated"

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
    """Contents of a capsule, to be described.

    Args:
        study: its name.
        title: for people.
        description: what the study measures, in a sentence or more.
        licence: SPDX name of the licence of the study's code and results; empty if it is not stated.
        published: when the last record was made (ISO 8601).
        workflow: name of the file that the graph ends in, among the files.
        language: version of law.
        url: of the study.
        version: of the study; empty if it has none.
        commit: of its code, in git; empty if there is none, or if files were changed since.
        files: size of every file of the capsule in bytes, by name.
        results: names of those that are results for people, with what they are.
        manifests: of all records, cleaned, by the file that has them; each after those it is made of.
        inputs: what came from outside.
        parameters: of the run, as texts.
        command: that makes the results.
        authors: names; empty if they are not stated.
        doi: of the study; empty if it has none.
        project: the framework, for a study from outside; ``None`` for one of its own.
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
    doi: str = ""
    project: Citation | None = None

    @property
    def framework(self) -> Citation:
        """The framework that ran it."""
        own = Citation(self.title, tuple(self.authors), licence=self.licence, url=self.url, version=self.version)
        return self.project or own
