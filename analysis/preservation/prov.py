"""Provenance of every record as W3C PROV (PROV-JSON, W3C Member Submission 24 April 2013)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation.contents import OWN, USAGE, Contents
from analysis.preservation.inputs import Input
from analysis.provenance.adoption import adopted_in_words

__all__ = ["PROVENANCE", "provenance"]

#: where in the capsule it is
PROVENANCE = "provenance.json"
# of names: of things, and of what is said of them
_PREFIXES = ("record", "file", "input", "making", "software", "author", "parameter", "seed", "package", "host")


def provenance(contents: Contents) -> bytes:
    """The content of ``provenance.json``.

    A record is an entity, and so is each file of its payload, which is a member of it, and each input from outside. The
    making of a record is an activity with its times, parameters, seeds and resources; it used other records, and the
    software with all its packages is the agent that it was associated with.

    Raises:
        PreservationError: a record was made of one that is not there.
    """
    return (json.dumps(_Document(contents).content, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


class _Document:
    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._software: dict[str, str] = {}
        self._known = {_name(manifest) for manifest in contents.manifests.values()}
        self.content: dict[str, dict[str, Any]] = {
            "prefix": {
                "erumflow": f"{OWN}#",
                **{prefix: f"{contents.framework.url or OWN}#{prefix}/" for prefix in _PREFIXES},
            }
        }
        for number, name in enumerate(contents.authors, 1):
            self._put("agent", f"author:{number}", {"prov:type": _qualified("prov:Organization"), "prov:label": name})
        for one in contents.inputs:
            self._put("entity", _input_name(one), _input(one))
        for file, manifest in contents.manifests.items():
            self._add(file, manifest)

    def _put(self, kind: str, name: str, attributes: Mapping[str, Any]) -> None:
        self.content.setdefault(kind, {})[name] = attributes

    def _relate(self, kind: str, **ends: Any) -> None:
        """A relation; relations need no name, but JSON wants one."""
        found = self.content.setdefault(kind, {})
        found[f"_:{kind}{len(found) + 1}"] = {f"prov:{end}": name for end, name in ends.items()}

    def _add(self, file: str, manifest: Mapping[str, Any]) -> None:
        name = _name(manifest)
        record, making = f"record:{name}", f"making:{name}"
        written = manifest["record"]
        self._put(
            "entity",
            record,
            {
                "prov:type": _qualified("prov:Collection"),
                "prov:label": f"{written['family']}, the record with the key {written['key']}",
                "prov:location": file,
                "erumflow:key": written["key"],
                **({"erumflow:adopted": adopted} if (adopted := adopted_in_words(manifest)) else {}),
            },
        )
        self._put("activity", making, _making(manifest))
        self._relate("wasGeneratedBy", entity=record, activity=making, time=manifest["made"]["end"])
        self._relate("wasAssociatedWith", activity=making, agent=self._agent(manifest))
        for member, entry in manifest["payload"].items():
            attributes = {
                "prov:label": member,
                "erumflow:sha256": entry["sha256"],
                "erumflow:bytes": _text(entry["size"]),
            }
            self._put("entity", f"file:{name}/{member}", attributes)
            self._relate("hadMember", collection=record, entity=f"file:{name}/{member}")
        self._sources(record, making, manifest)

    def _sources(self, record: str, making: str, manifest: Mapping[str, Any]) -> None:
        """Add the sources that a record was made of: other records, or inputs from outside."""
        sources: dict[str, list[str]] = {}
        for used in manifest["inputs"]:
            for label in used["labels"]:
                source = "/".join(filter(None, (used["place"], label)))
                if source not in self._known:
                    raise PreservationError(
                        f"the record {source} is not among those that were preserved", cure="preserve it again"
                    )
                sources.setdefault(f"record:{source}", []).append(used["role"])
        known = set(manifest.get("sources", ()))
        parts = ""
        if not manifest["inputs"] and not known:
            # older records, and those of published numbers: digests are in the key, or what was fetched is there itself
            known |= {entry["sha256"] for entry in manifest["payload"].values()}
            parts = json.dumps(manifest["parts"])
        for one in self._contents.inputs:
            if one.content in known or (one.sha256 and one.sha256 in parts):
                sources[_input_name(one)] = ["source"]
        for source, roles in sources.items():
            for role in roles:
                self._relate("used", activity=making, entity=source, role=role)
            self._relate("wasDerivedFrom", generatedEntity=record, usedEntity=source, activity=making)

    def _agent(self, manifest: Mapping[str, Any]) -> str:
        """The software that made a record; the same for all that the same packages made."""
        software, source = manifest["software"], manifest["source"]
        description = json.dumps([software, source], sort_keys=True)
        if description not in self._software:
            name = self._software[description] = f"software:{len(self._software) + 1}"
            attributes = {
                "prov:type": _qualified("prov:SoftwareAgent"),
                "prov:label": f"erumflow {self._contents.framework.version}",
                "erumflow:version": self._contents.framework.version,
            }
            told = {"python": software["python"], "implementation": software["implementation"]}
            told |= {"lock": software.get("lock"), "lock_sha256": software.get("lock_sha256")}
            told |= {"commit": source.get("commit")}
            attributes |= {f"erumflow:{part}": _text(value) for part, value in told.items() if value is not None}
            attributes |= {f"package:{part}": version for part, version in sorted(software["packages"].items())}
            self._put("agent", name, attributes)
            for number in range(1, len(self._contents.authors) + 1):
                self._relate("actedOnBehalfOf", delegate=name, responsible=f"author:{number}")
        return self._software[description]


def _making(manifest: Mapping[str, Any]) -> dict[str, Any]:
    made = manifest["made"]
    attributes = {
        "prov:startTime": made["start"],
        "prov:endTime": made["end"],
        "prov:type": manifest["record"]["family"],
        "erumflow:device": _text(made["device"]),
    }
    attributes |= {f"erumflow:{name}": _text(made[name]) for name in USAGE if made.get(name) is not None}
    for prefix, values in (
        ("parameter", manifest["parameters"]),
        ("seed", manifest["seeds"]),
        ("host", manifest["host"]),
    ):
        attributes |= {f"{prefix}:{name}": _text(value) for name, value in sorted(values.items())}
    return attributes


def _input(one: Input) -> dict[str, str]:
    told = {"prov:label": one.title, "prov:location": one.address, "erumflow:sha256": one.sha256}
    told |= {"erumflow:checksum": one.checksum}
    told |= {"erumflow:bytes": "" if one.size is None else str(one.size), "erumflow:licence": one.licence}
    told |= {"erumflow:doi": one.doi, "erumflow:citation": one.citation}
    return {name: value for name, value in told.items() if value}


def _name(manifest: Mapping[str, Any]) -> str:
    record = manifest["record"]
    return "/".join(filter(None, (record["place"], record["label"])))


def _input_name(one: Input) -> str:
    # the digest is all of it; others are told apart by what their servers say
    return f"input:{one.sha256 or hashlib.sha256(one.content.encode()).hexdigest()[:32]}"


def _qualified(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}


def _text(value: Any) -> str:
    """Numbers too, as the manifest has them: what reads them has no type that holds every one."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
