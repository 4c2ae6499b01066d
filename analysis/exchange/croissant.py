"""Data sets that networks were trained on, in the words of Croissant 1.0 (Akhtar et al., arXiv:2403.19546)."""

from __future__ import annotations

import json
from typing import Any

from analysis.datasets import Dataset
from analysis.exchange.material import Material

__all__ = ["croissant"]

_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
# what the format asks for, word by word
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _TERMS},
}
_DATASETS = {
    "name": "sc:Text",
    "title": "sc:Text",
    "kind": "sc:Text",
    "events": "sc:Integer",
    "licence": "sc:Text",
    "doi": "sc:Text",
    "citation": "sc:Text",
    "files": "sc:Integer",
}
_FEATURES = {"input": "sc:Text", "feature": "sc:Text", "unit": "sc:Text"}


def croissant(material: Material) -> str:
    """Write the file ``croissant.json``.

    Its record sets ``datasets`` and ``features`` hold their rows themselves. Files are those that have an address for
    everybody and a digest that the format knows, SHA-256 or MD5; events that a study simulates itself have none.
    """
    card = material.card
    licences = dict.fromkeys(one.licence or card["licence"] for one in material.datasets)
    sources = dict.fromkeys(one.citation for one in material.datasets if one.citation)
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": f"{card['study']}-data",
        "description": f"Events that the networks {material.name} were trained and tested on: {card['title']}",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": [f"https://spdx.org/licenses/{one}" for one in licences],
        "url": _address(material),
        "version": "1.0.0",
        "datePublished": material.made[:10],
        "citeAs": "; ".join(sources) or material.citation.title,
        "creator": [{"@type": "sc:Organization", "name": name} for name in material.citation.authors],
        "distribution": [file for one in material.datasets for file in _files(one)],
        "recordSet": [
            _record_set("datasets", "data sets, one a row", _DATASETS, [_row(one) for one in material.datasets]),
            _record_set(
                "features",
                "what the networks get of an event, one a row",
                _FEATURES,
                [
                    {"input": block["name"], "feature": name, "unit": block["units"].get(name, "")}
                    for block in card["features"]
                    for name in block["names"] or ("",)
                ],
            ),
        ],
    }
    return json.dumps({name: value for name, value in told.items() if value}, indent=1, allow_nan=False) + "\n"


def _address(material: Material) -> str:
    dois = [one.doi for one in material.datasets if one.doi]
    return f"https://doi.org/{dois[0]}" if dois else material.citation.url or f"urn:erumflow:{material.card['study']}"


def _row(one: Dataset) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(one, name) for name in _DATASETS if name != "files"}
    return told | {"files": len(one.all_files)}


def _record_set(name: str, about: str, fields: dict[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": about,
        "field": [
            {"@type": "cr:Field", "@id": f"{name}/{field}", "name": field, "dataType": kind}
            for field, kind in fields.items()
        ],
        "data": [{f"{name}/{field}": value for field, value in row.items()} for row in rows],
    }


def _files(dataset: Dataset) -> list[dict[str, Any]]:
    found = []
    for file in dataset.all_files:
        kind, _, digest = file.checksum.partition(":")
        known = {"sha256": file.sha256} if file.sha256 else {"md5": digest} if kind == "md5" else {}
        # a place on somebody's machine is nobody else's business
        if known and file.path is None:
            found.append(
                {
                    "@type": "cr:FileObject",
                    "@id": f"{dataset.name}/{file.name}",
                    "name": file.name,
                    "contentUrl": file.url,
                    "encodingFormat": "application/octet-stream",
                    **({"contentSize": f"{file.size} B"} if file.size is not None else {}),
                    **known,
                }
            )
    return found
