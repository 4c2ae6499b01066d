"""The folder as an RO-Crate 1.1 that describes the networks in the words of FAIR4ML 0.1.0 (https://w3id.org/fair4ml)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.exchange.description import Description
from analysis.exchange.folder import CARD, CONFIG, CROISSANT, ONNX, PARAMETERS, STABLEHLO
from analysis.exchange.material import Material
from analysis.learning.export.card import ONNX_SNIPPET
from analysis.results import Number

__all__ = ["crate"]

_VERSION = "1.1"
_FAIR4ML = "https://w3id.org/fair4ml#"
# written out, so that RO-Crate's context is all a reader needs
_TERMS = {
    **{
        name: f"{_FAIR4ML}{name}"
        for name in (
            *("MLModel", "mlTask", "modelCategory", "trainedOn", "testedOn", "evaluatedOn", "intendedUse"),
            *("modelRisksBiasLimitations", "usageInstructions", "codeSampleSnippet", "sharedBy"),
        )
    },
    "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    "replaces": "http://purl.org/dc/terms/replaces",
}
_TITLES = {
    CARD: ("card for people and for the Hugging Face Hub", "text/markdown"),
    CONFIG: ("names, shapes and units of inputs and outputs; layers and training", "application/json"),
    PARAMETERS: ("parameters of all networks, safetensors", "application/octet-stream"),
    ONNX: ("all networks as ONNX", "application/octet-stream"),
    STABLEHLO: ("all networks as StableHLO, for jax.export", "application/octet-stream"),
    CROISSANT: ("data sets that the networks were trained on, Croissant", "application/ld+json"),
}


def crate(material: Material, description: Description, folder: Path, digests: Mapping[str, str]) -> str:
    """Write the file ``ro-crate-metadata.json``; the same networks give the same text.

    Args:
        material: what is published.
        description: of the version.
        folder: that has all files but this one and the list of digests.
        digests: SHA-256 of these files, by name.
    """
    from rocrate.rocrate import ROCrate

    found = ROCrate(version=_VERSION)
    found.metadata.extra_terms.update(_TERMS)
    found.name = f"{description.name}-{description.version}: {description.title}"
    found.description = material.measures or description.title
    found.root_dataset["datePublished"] = material.made
    found.root_dataset["version"] = str(description.version)
    found.license = _licence(found, description.licence)
    authors = ", ".join(material.citation.authors) or "not stated"
    who = _add(found, "#authors", "Organization", name=authors, url=material.citation.url)
    found.root_dataset["author"] = found.root_dataset["publisher"] = who
    found.root_dataset["identifier"] = f"{description.name}-{description.version}"
    for name, (title, kind) in _TITLES.items():
        size = (folder / name).stat().st_size
        told = {"name": title, "encodingFormat": kind, "contentSize": str(size), "sha256": digests[name]}
        found.add_file(dest_path=name, properties=told | ({"about": {"@id": "./"}} if name == CARD else {}))
    found.root_dataset["mainEntity"] = _model(found, material, description, who)
    return json.dumps(found.metadata.generate(), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _model(found: Any, material: Material, description: Description, who: Any) -> Any:
    card = material.card
    data = [
        _add(
            found,
            f"#data-{one.name}",
            "Dataset",
            name=one.title,
            description=f"{one.events:,} {one.kind} events",
            identifier=f"https://doi.org/{one.doi}" if one.doi else "",
            citation=one.citation,
            license=_licence(found, one.licence) if one.licence else "",
            subjectOf=found.dereference(CROISSANT),
        )
        for one in material.datasets
    ]
    numbers = [_number(found, one) for one in material.numbers]
    origin = []
    if one := description.capsule:
        about = "the capsule that makes the networks again"
        origin.append(_add(found, "#capsule", "CreativeWork", name=one.name, sha256=one.sha256, description=about))
    former = ""
    if before := description.replaces:
        name, about = f"{before.name}-{before.version}", "the version before; the digest is that of its SHA256SUMS"
        former = _add(found, "#replaced", "CreativeWork", name=name, sha256=before.digest, description=about)
    return _add(
        found,
        "#networks",
        "MLModel",
        name=f"{description.name}-{description.version}",
        description=description.title,
        version=str(description.version),
        identifier=description.record,
        license=_licence(found, description.licence),
        author=who,
        sharedBy=who,
        dateCreated=material.made,
        mlTask=material.task,
        modelCategory=material.card["network"]["function"],
        trainedOn=data,
        testedOn=data,
        evaluatedOn=data,
        intendedUse=" ".join(card["use"]),
        modelRisksBiasLimitations=" ".join(card["limits"]),
        usageInstructions=found.dereference(CARD),
        codeSampleSnippet=ONNX_SNIPPET,
        hasPart=[found.dereference(name) for name in (ONNX, STABLEHLO, PARAMETERS, CONFIG)],
        additionalProperty=numbers,
        isBasedOn=origin,
        replaces=former,
    )


def _number(found: Any, one: Number) -> Any:
    low, high = one.total or (None, None)
    told: dict[str, Any] = {"value": one.value, "unitText": one.unit, "measurementTechnique": one.method}
    if low is not None and high is not None:
        # one standard deviation
        told |= {"minValue": one.value - low, "maxValue": one.value + high}
    return _add(found, f"#metric-{one.name}", "PropertyValue", name=one.title, description=one.note, **told)


def _licence(found: Any, name: str) -> Any:
    address = f"https://spdx.org/licenses/{name}"
    about = f"the licence {name} as SPDX knows it"
    return found.dereference(address) or _add(found, address, "CreativeWork", name=name, description=about, url=address)


def _add(found: Any, address: str, kind: str, **told: Any) -> Any:
    from rocrate.model.contextentity import ContextEntity

    kept = {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in told.items()}
    properties = {"@type": kind} | {name: value for name, value in kept.items() if value not in ("", [])}
    return found.add(ContextEntity(found, address, properties=properties))
