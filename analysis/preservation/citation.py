"""CITATION.cff: how to cite a capsule and what it is made of (Citation File Format, doi:10.5281/zenodo.5171937)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from analysis.citation import Citation
from analysis.preservation.contents import NOT_STATED, Contents
from analysis.preservation.inputs import Input

__all__ = ["CITATION", "citation"]

#: where in the capsule it is
CITATION = "CITATION.cff"
VERSION = "1.2.0"


def citation(contents: Contents) -> str:
    """The content of ``CITATION.cff``; pure ASCII, the same for the same contents."""
    content: dict[str, Any] = {
        "cff-version": VERSION,
        "message": "If you use these results, please cite them, and the references that they are made of.",
        "type": "dataset",
        "title": contents.title,
        "abstract": contents.description,
        # the format asks for somebody
        "authors": [{"name": name} for name in contents.authors or (NOT_STATED,)],
        "version": contents.version,
        # of the results, not of the packing: the same study gives the same bytes
        "date-released": contents.published[:10],
        "license": contents.licence,
        "doi": contents.doi,
    }
    content = {name: value for name, value in content.items() if value}
    if contents.commit:
        content["commit"] = contents.commit
    if contents.url:
        content["repository-code"] = contents.url
    references = [_software(contents.project)] if contents.project else []
    if references := [*references, *(_reference(files) for files in _grouped(contents.inputs))]:
        content["references"] = references
    return yaml.safe_dump(content, sort_keys=False, width=100)


def _grouped(inputs: Sequence[Input]) -> list[list[Input]]:
    """Inputs that are cited alike, together."""
    groups: dict[tuple[str, ...], list[Input]] = {}
    for one in inputs:
        groups.setdefault((one.title, one.doi, one.licence, one.citation), []).append(one)
    return list(groups.values())


def _software(project: Citation) -> dict[str, Any]:
    """The framework that a study from outside is run with."""
    return {
        "type": "software",
        "title": project.title,
        "authors": [{"name": name} for name in project.authors],
        "version": project.version,
        "license": project.licence,
        **({"repository-code": project.url} if project.url else {}),
    }


def _reference(files: Sequence[Input]) -> dict[str, Any]:
    first = files[0]
    # the format asks for somebody, and a citation begins with whoever that is
    name = first.citation.partition(",")[0].strip() or "unknown"
    reference: dict[str, Any] = {"type": "data", "title": first.title, "authors": [{"name": name}]}
    if first.doi:
        reference["doi"] = first.doi
    if first.licence:
        reference["license"] = first.licence
    if first.citation:
        reference["notes"] = first.citation
    if len(files) == 1 and _is_url(first.address):
        reference["url"] = first.address
    identifiers = [
        entry
        for one in files
        for entry in (
            {"type": "url" if _is_url(one.address) else "other", "value": one.address, "description": one.name},
            {"type": "other", "value": _digest(one), "description": f"digest of {one.name}"},
        )
        if entry["value"]
    ]
    return reference | ({"identifiers": identifiers} if identifiers else {})


def _digest(one: Input) -> str:
    return f"sha256:{one.sha256}" if one.sha256 else one.checksum


def _is_url(address: str) -> bool:
    return address.startswith(("https://", "http://"))
