"""A verdict added to a capsule, so that the next reader sees who reran it and what came out.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from analysis.errors import PreservationError
from analysis.preservation import archive, description
from analysis.preservation.description import Description
from analysis.preservation.reading import json_of

__all__ = ["with_verdict"]

METADATA = "ro-crate-metadata.json"


def with_verdict(capsule: Path, verdict: bytes, file: Path) -> None:
    """Write a copy of a capsule that holds a verdict, ``verdicts/DIGEST.json``, and describes it.

    Args:
        capsule: the file.
        verdict: content of ``verdict.json``.
        file: to write; not the capsule itself.

    Raises:
        PreservationError: the capsule is damaged, the file is the capsule, or the verdict is of another study.
    """
    if file.exists() and file.samefile(capsule):
        raise PreservationError(f"{file} is the capsule itself", cure="name another file: the first one stays as it is")
    about = Description.from_json(archive.read(capsule, description.FILE))
    found = json_of(verdict)
    if found.get("study") != about.study:
        raise PreservationError(
            f"the verdict is about {found.get('study')!r}, the capsule about {about.study!r}",
            cure="name its own capsule",
        )
    name = f"verdicts/{hashlib.sha256(verdict).hexdigest()[:12]}.json"
    names = {*about.members, description.FILE} - {name}
    members = {one: archive.read(capsule, one) for one in names}
    metadata = _described(archive.read(capsule, METADATA), name, len(verdict), agrees=bool(found.get("agrees")))
    members |= {name: verdict, METADATA: metadata}
    digests = dict(about.members) | {one: hashlib.sha256(members[one]).hexdigest() for one in (name, METADATA)}
    members[description.FILE] = replace(about, members=digests).as_json().encode()
    archive.write(file, dict(members))


def _described(metadata: bytes, name: str, size: int, *, agrees: bool) -> bytes:
    """The crate's metadata with the verdict among its files."""
    crate = json_of(metadata)
    graph = crate["@graph"]
    if any(entity["@id"] == name for entity in graph):
        return metadata
    (root,) = (entity for entity in graph if entity["@id"] == "./")
    root["hasPart"] = [*root["hasPart"], {"@id": name}]
    graph.append(
        {
            "@id": name,
            "@type": "File",
            "name": f"verdict of a rerun: {'all numbers agree' if agrees else 'numbers differ'}",
            "contentSize": str(size),
            "encodingFormat": "application/json",
        }
    )
    return (json.dumps(crate, indent=1, ensure_ascii=True) + "\n").encode()
