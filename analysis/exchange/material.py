"""What a folder of published networks is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.citation import Citation
from analysis.datasets import Dataset
from analysis.exchange.description import Capsule, Description, Former, Tensor
from analysis.results import Number

__all__ = ["Material"]


@dataclass(frozen=True)
class Material:
    """Everything that is published of networks, but for the version.

    Args:
        name: of the published networks.
        card: what ``ExportModel`` wrote as ``model_card.json``.
        text: and as ``model_card.md``.
        network: what ``TrainModel`` wrote as ``network.json``.
        numbers: results that are made of these networks alone.
        datasets: that the networks were trained and tested on.
        citation: whose the networks are.
        measures: what the study measures, in a sentence; empty if it does not say.
        experiment: whose data these are; empty if the study does not say.
        made: when the networks were trained (ISO 8601), not when they are published: the same networks give the same
            bytes.
        files: the model in all its formats, by their names in the folder.
        capsule: that they came from, if there is one.
    """

    name: str
    card: Mapping[str, Any]
    text: str
    network: Mapping[str, Any]
    numbers: tuple[Number, ...]
    datasets: tuple[Dataset, ...]
    citation: Citation
    measures: str
    experiment: str
    made: str
    files: Mapping[str, Path]
    capsule: Capsule | None = None

    @property
    def task(self) -> str:
        """What the networks do, in the Hub's words where it has some."""
        layout, first = self.network["layout"], self.network["predictions"][0]
        if first in layout["classes"]:
            return "tabular-classification"
        return "tabular-regression" if any(first.startswith(one) for one in layout["targets"]) else "other"

    def description(self, version: int, replaces: Former | None) -> Description:
        """Describe a version."""
        card, inputs = self.card, []
        for block in card["features"]:
            names = tuple(block["names"])
            inputs += [
                Tensor(block["name"], tuple(block["shape"]), "float32", names, dict(block["units"])),
                Tensor(f"{block['name']}_present", tuple(block["present"]), "bool"),
            ]
        predictions = tuple(card["predictions"])
        # a unit is of targets, and of their uncertainties and quantiles, which are all that such networks predict
        units = dict.fromkeys(predictions, card["unit"]) if card["unit"] else {}
        return Description(
            name=self.name,
            version=version,
            title=card["title"],
            study=card["study"],
            record=card["record"],
            licence=card["licence"],
            inputs=tuple(inputs),
            outputs=(Tensor("predictions", (len(predictions),), "float32", predictions, units),),
            folds=card["folds"],
            capsule=self.capsule,
            replaces=replaces,
            network=dict(self.network),
        )
