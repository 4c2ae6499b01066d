"""Metadata of published networks in Zenodo's words."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from analysis.exchange.folder import SUMS, PublishedFolder
from analysis.exchange.material import Material
from analysis.report.formatting import number_text

__all__ = ["zenodo_metadata"]


def zenodo_metadata(material: Material, folder: PublishedFolder) -> dict[str, Any]:
    """Describe a deposit; what people read is HTML."""
    about, card = folder.description, material.card
    numbers = [f"{one.title}: {number_text(one)}" for one in material.numbers]
    paragraphs = [
        f"<p>{escape(material.measures or about.title)}</p>",
        f"<p>Intended use</p>{_list(card['use'])}<p>Limits</p>{_list(card['limits'])}",
        f"<p>Numbers; how they were measured is in README.md</p>{_list(numbers)}" if numbers else "",
        f"<p>SHA-256 of {SUMS}: {folder.digest}; record {escape(about.record)} of the study {escape(about.study)}</p>",
    ]
    dois = dict.fromkeys(one.doi for one in material.datasets if one.doi)
    return {
        "upload_type": "software",
        "title": f"{about.title}: networks {about.name}, version {about.version}",
        "description": "".join(paragraphs),
        "creators": [{"name": name} for name in material.citation.authors or ("not stated",)],
        "version": str(about.version),
        # in Zenodo's spelling
        "license": about.licence.lower(),
        "access_right": "open",
        "keywords": ["machine learning", "physics", "ONNX", about.study],
        "related_identifiers": [
            {"identifier": doi, "relation": "isDerivedFrom", "resource_type": "dataset", "scheme": "doi"}
            for doi in dois
        ],
        "prereserve_doi": True,
    }


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
