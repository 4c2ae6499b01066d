"""The card of published networks, as the Hugging Face Hub reads it: YAML in front, and the text for people."""

from __future__ import annotations

import re
from typing import Any

import yaml

from analysis.exchange.description import Description
from analysis.exchange.folder import STABLEHLO, SUMS
from analysis.exchange.material import Material
from analysis.report.formatting import number_text
from analysis.results import Number

__all__ = ["front_matter", "readme"]

_TAGS = ("physics", "onnx", "jax", "stablehlo", "safetensors")


def readme(material: Material, description: Description) -> str:
    """Write the file ``README.md``; the same networks give the same text."""
    front = yaml.safe_dump(front_matter(material, description), sort_keys=False, allow_unicode=True, width=10_000)
    sections = [material.text.strip(), _measured(material), _reuse(description), _origin(material, description)]
    return f"---\n{front}---\n\n" + "\n\n".join(filter(None, sections)) + "\n"


def front_matter(material: Material, description: Description) -> dict[str, Any]:
    """Return the YAML part: licence, tags, data sets, and results with uncertainties and how they were measured."""
    study, about = description.study, re.sub(r"[^a-z0-9]+", "-", material.experiment.lower()).strip("-")
    front: dict[str, Any] = {
        # in the Hub's spelling
        "license": description.licence.lower(),
        "library_name": "erumflow",
        "tags": [*_TAGS, study, *([about] if about else [])],
        "datasets": [f"{study}/{one.name}" for one in material.datasets],
    }
    if material.task != "other":
        front["pipeline_tag"] = material.task
    if material.numbers:
        result = {
            "task": {"type": material.task},
            "dataset": {
                "name": f"test events of the study {study}",
                "type": study,
                "args": {"names": [one.name for one in material.datasets]},
            },
            "metrics": [_metric(one) for one in material.numbers],
        }
        front["model-index"] = [{"name": f"{description.name}-{description.version}", "results": [result]}]
    return front


def _metric(one: Number) -> dict[str, Any]:
    stored = one.as_json()
    args = {name: stored[name] for name in ("unit", "stat", "syst", "method", "note") if stored[name]}
    return {"type": one.name, "value": one.value, "name": one.title, "args": args}


def _measured(material: Material) -> str:
    if not material.numbers:
        return ""
    numbers = [
        (one.title, number_text(one), f"{one.method} ({one.note})" if one.note else one.method)
        for one in material.numbers
    ]
    rows = [("", "value", "how it was measured"), ("---",) * 3, *numbers]
    lines = ("| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in row) + " |" for row in rows)
    return "## How it was measured\n\n" + "\n".join(lines)


def _reuse(description: Description) -> str:
    folder = f"{description.name}-{description.version}"
    return (
        "## Another training that begins with these networks\n\n"
        "With erumflow, a study that has the folder beside it names it and the digest of its list, which "
        f"`sha256sum {SUMS}` prints:\n\n"
        f'```\nPretrained(beside("{folder}"), sha256="...")\n```\n\n'
        f"`sha256sum -c {SUMS}` checks all files. Nothing here is a pickle: the parameters are safetensors, "
        f"`{STABLEHLO}` is a flatbuffer, ONNX a protocol buffer."
    )


def _origin(material: Material, description: Description) -> str:
    lines = [
        material.measures,
        f"Study `{description.study}`, record `{description.record}`, trained {material.made[:10]}; "
        f"version {description.version}.",
    ]
    if material.citation.authors:
        lines.append(f"By {', '.join(material.citation.authors)}.")
    if one := description.capsule:
        lines.append(f"The capsule `{one.name}` (SHA-256 `{one.sha256}`) makes them again: `python3 {one.name}`.")
    if former := description.replaces:
        lines.append(f"It replaces `{former.name}-{former.version}`, whose digest is `{former.digest}`.")
    return "## Where it comes from\n\n" + "\n\n".join(filter(None, lines))
