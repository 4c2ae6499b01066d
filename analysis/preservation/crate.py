"""The capsule as an RO-Crate: what it holds, and which run of which workflow made it.

Profiles: Process, Workflow and Provenance Run Crate 0.5 (Leo et al., PLoS ONE 19 (2024) e0309210), Workflow RO-Crate
1.0, all on RO-Crate 1.1. A record is described by its manifest, which lies in the capsule
whether its content does or not.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation.contents import NOT_STATED, OWN, USAGE, Contents
from analysis.preservation.inputs import Input
from analysis.preservation.order import step_name

__all__ = ["CONTEXT", "METADATA", "metadata"]

METADATA = "ro-crate-metadata.json"
VERSION = "1.1"
#: what a reader of the file fetches; a copy of it is all that reading takes
CONTEXT = f"https://w3id.org/ro/crate/{VERSION}/context"
# of the run profiles' own terms those that are used: written out, so that one context is all a reader needs
_RUN = "https://w3id.org/ro/terms/workflow-run#"
TERMS = {name: f"{_RUN}{name}" for name in ("resourceUsage", "sha256")} | {"checksum": f"{OWN}#checksum"}
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
DONE = "http://schema.org/CompletedActionStatus"


def metadata(contents: Contents) -> bytes:
    """The content of ``ro-crate-metadata.json``.

    Raises:
        PreservationError: there is nothing to describe.
    """
    if not contents.manifests:
        raise PreservationError(
            f"no record of the study {contents.study!r} leads to a result", cure="run its Report first"
        )
    return _Crate(contents).written()


class _Crate:
    def __init__(self, contents: Contents) -> None:
        from rocrate.rocrate import ROCrate

        self._contents = contents
        self._crate = ROCrate(version=VERSION)
        self._crate.metadata.extra_terms.update(TERMS)

    def written(self) -> bytes:
        self._describe_root()
        self._files()
        actions = self._records()
        self._workflow(actions)
        content = self._crate.metadata.generate()
        return (json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()

    def _context(self, address: str, /, **properties: Any) -> Any:
        from rocrate.model.contextentity import ContextEntity

        named = {"@type" if name == "type" else name: _one(v) for name, v in properties.items() if v != ""}
        return self._crate.add(ContextEntity(self._crate, address, properties=named))

    def _describe_root(self) -> None:
        contents, crate = self._contents, self._crate
        crate.name, crate.description = contents.title, contents.description
        # of the result, not of the packing: the same study gives the same bytes
        crate.root_dataset["datePublished"] = contents.published
        crate.license = self._licence(contents.licence)
        crate.root_dataset["conformsTo"] = [
            self._context(address, type="CreativeWork", name=name, version=version)
            for address, (name, version) in PROFILES.items()
        ]
        crate.metadata["conformsTo"] = [
            {"@id": f"https://w3id.org/ro/crate/{VERSION}"},
            {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"},
        ]
        # who made it: the study's authors, not whoever ran a command
        name = ", ".join(contents.authors) or NOT_STATED
        self._agent = self._context("#authors", type="Organization", name=name, url=contents.url)
        crate.root_dataset["author"] = crate.root_dataset["publisher"] = self._agent
        crate.root_dataset["identifier"] = contents.doi or f"{contents.study}-capsule"

    def _licence(self, name: str) -> Any:
        if not name:  # the format asks for one
            return self._context("#licence", type="CreativeWork", name=NOT_STATED, description="no licence is stated")
        address = f"https://spdx.org/licenses/{name}"
        return self._crate.dereference(address) or self._context(
            address, type="CreativeWork", name=name, description=f"the licence {name} as SPDX knows it", url=address
        )

    def _files(self) -> None:
        from rocrate.model.file import File

        for name, size in sorted(self._contents.files.items()):
            properties: dict[str, Any] = {"name": self._contents.results.get(name, name), "contentSize": str(size)}
            properties["encodingFormat"] = _media_type(name)
            if name == self._contents.workflow:
                properties["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
            if name == "README.md":
                properties["about"] = {"@id": "./"}
            self._crate.add(File(self._crate, dest_path=name, properties=properties))
        self._inputs = [self._input(one) for one in self._contents.inputs]

    def _input(self, one: Input) -> Any:
        told = {"identifier": one.doi, "citation": one.citation, "contentSize": str(one.size or "")}
        told |= {"name": one.title, "sha256": one.sha256, "checksum": one.checksum}
        properties = {name: value for name, value in told.items() if value}
        if one.is_served:
            # it was fetched before the results were published
            fetched = {"encodingFormat": _media_type(one.name), "sdDatePublished": self._contents.published}
            entity = self._crate.add_file(one.address, properties={**fetched, **properties})
        elif one.is_inside and (entity := self._crate.dereference(one.address)):
            for name, value in properties.items():
                entity[name] = value
        else:
            # part of a package, or with its author: it has no address of its own
            digest = hashlib.sha256(f"{one.content}{one.mirror}".encode()).hexdigest()
            identifier = f"#input-{(one.sha256 or digest)[:12]}"
            where = one.address or f"with the study's authors, as {one.mirror}"
            entity = self._context(identifier, type="PropertyValue", value=where, **properties)
        if one.licence:
            entity["license"] = self._licence(one.licence)
        return entity

    def _records(self) -> list[Any]:
        """An action for every record; the file with its manifest is what it created."""
        self._tools: dict[str, Any] = {}
        by_place: dict[str, list[str]] = {}
        for file, manifest in self._contents.manifests.items():
            by_place.setdefault(manifest["record"]["place"], []).append(file)
        actions = []
        for number, (file, manifest) in enumerate(self._contents.manifests.items()):
            family = manifest["record"]["family"]
            name = step_name(manifest["record"])
            used = [f for one in manifest["inputs"] for f in by_place.get(one["place"], ()) if _among(one, f)]
            action = self._context(
                f"#record-{number}",
                type="CreateAction",
                name=f"making of {name}",
                description=f"the record {name} with the key {manifest['record']['key']}",
                instrument=self._tool(family),
                object=[self._crate.dereference(used_file) for used_file in dict.fromkeys(used)],
                result=[self._crate.dereference(file)],
                startTime=manifest["made"]["start"],
                endTime=manifest["made"]["end"],
                actionStatus=DONE,
                agent=self._agent,
                resourceUsage=self._usage(number, manifest["made"]),
            )
            actions.append((family, action))
        return actions

    def _usage(self, number: int, made: Mapping[str, Any]) -> list[Any]:
        return [
            self._context(
                f"#record-{number}-{name}",
                type="PropertyValue",
                name=title,
                propertyID=f"{OWN}#{name}",
                value=str(made[name]),
                unitCode=unit,
            )
            for name, (title, unit) in USAGE.items()
        ]

    def _tool(self, family: str) -> Any:
        if family not in self._tools:
            self._tools[family] = self._context(
                f"{self._contents.framework.url or OWN}#{family}",
                type="SoftwareApplication",
                name=family,
                description=f"the task {family} of erumflow",
                url=self._contents.framework.url,
                softwareVersion=self._contents.framework.version,
            )
        return self._tools[family]

    def _workflow(self, actions: Sequence[tuple[str, Any]]) -> None:
        contents, crate, creator = self._contents, self._crate, self._agent
        if (own := contents.project) is not None:
            creator = self._context("#framework", type="Organization", name=", ".join(own.authors), url=own.url)
        engine = self._context(
            "https://github.com/riga/law",
            type=["ComputerLanguage", "SoftwareApplication"],
            name="law",
            description="the Luigi Analysis Workflow",
            url="https://law.readthedocs.io",
            softwareVersion=contents.language,
        )
        taken = [self._formal(f"#input-{i}", one["name"], _kind(one), one) for i, one in enumerate(self._inputs)]
        workflow = crate.dereference(contents.workflow)
        steps = [
            self._context(f"#step-{family}", type="HowToStep", name=family, position=str(i), workExample=tool)
            for i, (family, tool) in enumerate(self._tools.items())
        ]
        results = [crate.dereference(name) for name in contents.results]
        outputs = [self._formal(f"#output-{i}", one["name"], _kind(one), one) for i, one in enumerate(results)]
        settings, values = self._settings()
        for name, value in {
            "name": f"the graph of {contents.study}",
            "programmingLanguage": engine,
            "conformsTo": self._context(BIOSCHEMAS, type="CreativeWork", name="ComputationalWorkflow", version="1.0"),
            "hasPart": list(self._tools.values()),
            "step": steps,
            "input": [*taken, *settings],
            "output": outputs,
            "version": contents.framework.version,
            "url": contents.framework.url,
            "license": self._licence(contents.framework.licence),
            "creator": creator,
        }.items():
            if value != "":
                workflow[name] = _one(value)
        crate.root_dataset["mainEntity"] = workflow
        times = [action["startTime"] for _, action in actions], [action["endTime"] for _, action in actions]
        run = self._context(
            "#run",
            type="CreateAction",
            name=f"the run of {contents.study}",
            description=contents.command,
            instrument=workflow,
            object=[*self._inputs, *values],
            result=results,
            startTime=min(times[0]),
            endTime=max(times[1]),
            actionStatus=DONE,
            agent=self._agent,
        )
        controls = [
            self._context(
                f"#control-{step['name']}",
                type="ControlAction",
                name=f"orchestration of {step['name']}",
                instrument=step,
                object=[action for family, action in actions if family == step["name"]],
                actionStatus=DONE,
            )
            for step in steps
        ]
        self._context(
            "#orchestration",
            type="OrganizeAction",
            name="the run by law",
            instrument=engine,
            object=controls,
            result=run,
            startTime=min(times[0]),
            endTime=max(times[1]),
            actionStatus=DONE,
            agent=self._agent,
        )
        crate.root_dataset["mentions"] = [run, *(action for _, action in actions)]

    def _settings(self) -> tuple[list[Any], list[Any]]:
        formal, values = [], []
        for name, text in sorted(self._contents.parameters.items()):
            value = self._context(f"#value-{name}", type="PropertyValue", name=name, value=text)
            formal.append(self._formal(f"#parameter-{name}", name, _kind(value), value))
            values.append(value)
        return formal, values

    def _formal(self, identifier: str, name: str, kind: str, example: Any) -> Any:
        entity = self._context(identifier, type="FormalParameter", name=name, additionalType=kind, workExample=example)
        example["exampleOfWork"] = entity
        return entity


def _one(value: Any) -> Any:
    """A list of one as that one, as RO-Crate wants it; so a list may well be empty."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _kind(entity: Any) -> str:
    """Return the type of a parameter that has this entity as an example."""
    return "PropertyValue" if entity["@type"] == "PropertyValue" else "File"


def _among(used: Mapping[str, Any], file: str) -> bool:
    """Whether a record, by the file of its manifest, is one of those that another used."""
    label = file.rpartition("/")[2].removesuffix("manifest.json").removesuffix(".")
    return label in used["labels"]


def _media_type(name: str) -> str:
    known = {".md": "text/markdown", ".cff": "application/yaml", ".yaml": "application/yaml", ".py": "text/x-python"}
    ending = f".{name.rpartition('.')[2]}"
    return known.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
