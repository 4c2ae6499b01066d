"""Members of a capsule, assembled from a study's results."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.citation import Citation
from analysis.errors import PreservationError
from analysis.preservation import archive, description, expectations, sources, tables
from analysis.preservation.citation import CITATION, citation
from analysis.preservation.cleaning import cleaned
from analysis.preservation.collecting import manifest_file
from analysis.preservation.contents import Contents
from analysis.preservation.crate import METADATA, metadata
from analysis.preservation.expectations import Tolerance
from analysis.preservation.inputs import Input
from analysis.preservation.prov import PROVENANCE, provenance
from analysis.preservation.readme import README, Readme, readme
from analysis.preservation.recipes import APPTAINER, DOCKERFILE, REANA, Recipe, apptainer, dockerfile, reana

__all__ = ["Material", "members"]

LAUNCHER = Path(__file__).with_name("launcher.py")
Member = bytes | Path


@dataclass(frozen=True)
class Material:
    """Material that a capsule is made of.

    Args:
        study: its name.
        title: for people.
        measures: what, in a sentence.
        file: name of the capsule's file, for its page.
        arguments: of law, which make the results.
        parameters: of the run, as texts.
        source: content of the project's files, by name.
        manifests: of all records under the results, each after those it needs; as they lie in the store.
        results: the manifest of the record with ``results.json``.
        numbers: in ``results.json``.
        files: results for people, by name below ``results/``, with what they are.
        inputs: what came from outside.
        tolerances: of the study.
        tables: in ``results.json``.
        varying: files of payloads that hold times and so never come out the same, by task.
        private: texts that must not be in the capsule, with what takes their place.
        more: further members, by name: ``data/...``, ``store/...``, ``wheels/...``.
        citation: of a study from outside; ``None`` for one of the project's own.
        commit: of the study from outside, in git; empty if there is none, or if files were changed since.
        frozen: pinned and adopted records among those, in sentences.
        pinned: places of the pinned ones.
    """

    study: str
    title: str
    measures: str
    file: str
    arguments: Sequence[str]
    parameters: Mapping[str, str]
    source: Mapping[str, bytes]
    manifests: Sequence[Mapping[str, Any]]
    results: Mapping[str, Any]
    numbers: Sequence[Mapping[str, Any]]
    files: Mapping[str, tuple[Member, str]]
    inputs: Sequence[Input]
    tolerances: Sequence[Tolerance] = ()
    tables: Sequence[Mapping[str, Any]] = ()
    varying: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Member] = field(default_factory=dict)
    citation: Citation | None = None
    commit: str = ""
    frozen: Sequence[str] = ()
    pinned: Sequence[str] = ()


def members(material: Material) -> dict[str, Member]:
    """The members of a capsule, by name; the same material gives the same members.

    Raises:
        PreservationError: there are neither numbers nor tables, a tolerance is for none of them, or the project's
            files are not all there.
    """
    found: dict[str, Member] = {f"source/{name}": content for name, content in material.source.items()}
    found["__main__.py"] = LAUNCHER.read_bytes()
    cleans = {manifest_file(dict(m)): cleaned(m, material.private) for m in material.manifests}
    found |= {name: _json(manifest) for name, manifest in cleans.items()}
    found |= {f"results/{name}": content for name, (content, _) in material.files.items()}
    found |= material.more
    expected = expectations.expectations(
        material.numbers, material.tolerances, [table["name"] for table in material.tables]
    )
    kept = tables.preserved_tables(material.tables, material.tolerances)
    found[expectations.FILE] = expectations.as_json(expected, kept).encode()
    found[sources.FILE] = _json(
        {"format": sources.FORMAT, "inputs": [sources.described(one) for one in material.inputs]}
    )
    recipe = _recipe(material)
    found |= {DOCKERFILE: dockerfile(recipe).encode(), APPTAINER: apptainer(recipe).encode()}
    found[REANA] = reana(recipe).encode()

    project = _project(material)
    contents = _contents(material, project, cleans, found)
    found[CITATION] = citation(contents).encode()
    found[PROVENANCE] = provenance(contents)
    page = Readme(
        file=material.file,
        title=material.title,
        description=material.measures,
        command=contents.command,
        python=recipe.python,
        machine=material.results["host"]["machine"],
        published=contents.published,
        licence=contents.licence,
        url=contents.url,
        commit=contents.commit,
        expected=expected,
        tables={one["name"]: Tolerance(**one["tolerance"]) for one in kept},
        inputs=material.inputs,
        members=sorted({*found, README, METADATA, description.FILE}),
        authors=contents.authors,
        doi=contents.doi,
        project=contents.project,
        frozen=material.frozen,
    )
    found[README] = readme(page).encode()
    # last but one: it names the files above
    found[METADATA] = metadata(_contents(material, project, cleans, found))
    return found | {description.FILE: _described(material, found)}


def _described(material: Material, found: Mapping[str, Member]) -> bytes:
    return (
        description.Description(
            study=material.study,
            title=material.title,
            arguments=tuple(material.arguments),
            results=material.results["record"]["place"],
            python=material.results["software"]["python"],
            lock=material.results["software"]["lock"],
            members={name: _sha256(content) for name, content in found.items()},
            parameters=material.parameters,
            varying=material.varying,
            frozen=tuple(material.frozen),
            pinned=tuple(material.pinned),
        )
        .as_json()
        .encode()
    )


def _recipe(material: Material) -> Recipe:
    return Recipe(
        study=material.study,
        python=material.results["software"]["python"],
        arguments=material.arguments,
        place=material.results["record"]["place"],
        parameters=material.parameters,
        wheels=_has(material, "wheels/"),
        data=_has(material, "data/"),
        store=_has(material, "store/"),
    )


def _commit(material: Material) -> str:
    if material.citation is not None:
        return material.commit
    source = material.results["source"]
    return "" if source["dirty"] else source["commit"] or ""


def _has(material: Material, folder: str) -> bool:
    return any(name.startswith(folder) for name in material.more)


def _project(material: Material) -> Citation:
    try:
        project: dict[str, Any] = tomllib.loads(material.source["pyproject.toml"].decode())["project"]
    except (KeyError, ValueError) as error:
        raise PreservationError(
            f"the project's pyproject.toml says nothing of it: {error!r}",
            cure="restore it: git checkout pyproject.toml",
        ) from None
    return Citation(
        "erumflow",
        tuple(author["name"] for author in project["authors"]),
        licence=project["license"],
        url=project.get("urls", {}).get("Homepage", ""),
        version=project["version"],
    )


def _contents(
    material: Material, project: Citation, cleans: Mapping[str, Any], found: Mapping[str, Member]
) -> Contents:
    own = material.citation or project
    return Contents(
        study=material.study,
        title=material.title if material.citation is None else own.title,
        description=material.measures,
        licence=own.licence,
        published=max(manifest["made"]["end"] for manifest in material.manifests),
        workflow="source/tasks/preservation.py",
        language=material.results["software"]["packages"]["law"],
        url=own.url,
        version=own.version,
        commit=_commit(material),
        files={name: len(c) if isinstance(c, bytes) else c.stat().st_size for name, c in found.items()},
        results={f"results/{name}": title for name, (_, title) in material.files.items()},
        manifests=cleans,
        inputs=material.inputs,
        parameters=material.parameters,
        command=f"law {' '.join(material.arguments)}",
        authors=own.authors,
        doi=own.doi,
        project=None if material.citation is None else project,
    )


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def _sha256(content: Member) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with archive.opened(content) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
