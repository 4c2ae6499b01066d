"""The model card: what a stranger has to know of exported networks (Mitchell et al., arXiv:1810.03993)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CardDataset", "CardFeatures", "ModelCard"]

STANDARDISATION = (
    "Inside the model: each named feature is replaced by the normal quantile of its weighted rank among the network's "
    "training events, a piecewise linear function of at most 32 knots; a feature that is not present becomes 0. Blocks "
    "without names enter as they are."
)
FOLDS = (
    "Network i of the k networks never saw the events of fold i in training, and was stopped early by those of fold "
    "i + 1 (modulo k). The fold of an event is floor((identity >> 32) * k / 2^32), where identity is its 64-bit "
    "number: SplitMix64 at the event's number in its data set, seeded with the first 64 bits of the SHA-256 of the "
    "data set's name. Use network i for an event of fold i; for other events any network serves, or the mean of all."
)
ONNX_SNIPPET = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")
events = 3
arrays = {
    one.name: np.zeros([events, *one.shape[1:]], bool if "bool" in one.type else np.float32)
    for one in session.get_inputs()
}
(predictions,) = session.run(["predictions"], arrays)  # (networks, events, predictions)
print(predictions.shape)
"""
JAX_SNIPPET = """\
from pathlib import Path

import jax.export
import numpy as np

model = jax.export.deserialize(bytearray(Path("model.stablehlo").read_bytes()))
events = 3
(described,), _ = jax.tree.unflatten(model.in_tree, model.in_avals)
arrays = {name: np.zeros([events, *one.shape[1:]], one.dtype) for name, one in described.items()}
predictions = model.call(arrays)  # (networks, events, predictions)
print(predictions.shape)
"""


@dataclass(frozen=True)
class CardDataset:
    """A data set that the networks were trained or tested on.

    Args:
        name: as in the study.
        title: for people; may hold LaTeX.
        kind: ``"measured"`` or ``"simulated"``.
        events: number of events before any selection.
        licence: SPDX name; empty for events that the study simulates itself.
        doi: of the publication of the data.
        citation: how to cite.
    """

    name: str
    title: str
    kind: str
    events: int
    licence: str = ""
    doi: str = ""
    citation: str = ""


@dataclass(frozen=True)
class CardFeatures:
    """A block of features, an input of the model.

    Args:
        name: of the input; ``NAME_present`` is the one that says what exists.
        shape: of one event.
        present: shape of what says which values exist.
        names: of the features on the last axis; empty if values enter as they are.
        units: by feature, where they are known.
    """

    name: str
    shape: tuple[int, ...]
    present: tuple[int, ...]
    names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCard:
    """Everything that a model card says.

    Args:
        study: name of the study.
        title: of the study.
        record: key of the record of the networks.
        licence: of the networks; SPDX name.
        datasets: that the networks were trained or tested on.
        features: the inputs.
        predictions: names on the last axis of the output.
        unit: of the predictions, for people; empty for probabilities.
        folds: number of networks k.
        network: function and settings that built the networks.
        training: settings of the training.
        metrics: what the evaluation says first, as text by name.
        differences: largest difference of each format from the trained networks.
        use: what the networks are for, one sentence a member.
        limits: what they are not for.
    """

    study: str
    title: str
    record: str
    licence: str
    datasets: tuple[CardDataset, ...]
    features: tuple[CardFeatures, ...]
    predictions: tuple[str, ...]
    unit: str
    folds: int
    network: Mapping[str, Any]
    training: Mapping[str, Any]
    metrics: Mapping[str, str]
    differences: Mapping[str, float]
    use: tuple[str, ...]
    limits: tuple[str, ...]

    def with_differences(self, differences: Mapping[str, float]) -> ModelCard:
        """The card with other differences; of their digits, the first is kept: the others are the machine's."""
        return dataclasses.replace(self, differences={k: float(f"{v:.0e}") for k, v in differences.items()})

    def metadata(self) -> dict[str, str]:
        """Return the metadata that are written into the ONNX model itself."""
        return {
            "folds": str(self.folds),
            "licence": self.licence,
            "predictions": ", ".join(self.predictions),
            "record": self.record,
            "study": self.study,
            "title": self.title,
        }

    def save(self, markdown: Path, description: Path) -> None:
        """Write the card for people and for programs; the same card gives the same bytes."""
        markdown.write_text(self.markdown())
        fixed = {"folds_rule": FOLDS, "format": "erumflow model card 1", "standardisation": STANDARDISATION}
        described = dataclasses.asdict(self) | fixed
        description.write_text(json.dumps(described, indent=1, sort_keys=True, allow_nan=False) + "\n")

    def markdown(self) -> str:
        """The card for people."""
        unit = f" ({self.unit})" if self.unit else ""
        sections = [
            (
                "",
                f"# {self.title}\n\nNetworks of the study `{self.study}`; record `{self.record}`; "
                f"licence: {self.licence}.",
            ),
            ("Intended use", _list(self.use)),
            ("Limits", _list(self.limits)),
            ("Input", "\n\n".join(_features(one) for one in self.features) + f"\n\n{STANDARDISATION}"),
            (
                "Output",
                f"`predictions`, float32 of shape ({self.folds}, n, {len(self.predictions)}): networks, events, and "
                f"{', '.join(f'`{name}`' for name in self.predictions)}{unit}.\n\n{FOLDS}",
            ),
            ("How good it is", _table(("", ""), self.metrics.items())),
            ("Data", _table(("data set", "kind", "events", "licence", "source"), map(_dataset, self.datasets))),
            ("Network", _settings(self.network)),
            ("Training", _settings(self.training)),
            (
                "Formats",
                "Largest difference from the trained networks on real events: "
                + ", ".join(f"{form} {value:.0e}" for form, value in self.differences.items())
                + f".\n\nONNX, with `onnxruntime` alone:\n\n```python\n{ONNX_SNIPPET}```\n\n"
                f"StableHLO, with `jax` and `flatbuffers` alone:\n\n```python\n{JAX_SNIPPET}```",
            ),
        ]
        return "\n\n".join(f"## {title}\n\n{text}" if title else text for title, text in sections) + "\n"


def _features(one: CardFeatures) -> str:
    units = {name: f" ({one.units[name]})" if one.units.get(name) else "" for name in one.names}
    shape, present = (", ".join(["n", *map(str, sizes)]) for sizes in (one.shape, one.present))
    text = f"`{one.name}`, float32 of shape ({shape}); `{one.name}_present`, bool of shape ({_shape(present)})"
    return text + (": " + ", ".join(f"`{name}`{units[name]}" for name in one.names) if one.names else "") + "."


def _shape(sizes: str) -> str:
    return sizes if "," in sizes else f"{sizes},"


def _dataset(one: CardDataset) -> tuple[str, ...]:
    source = " ".join(part for part in (one.citation, f"doi:{one.doi}" if one.doi else "") if part)
    return f"`{one.name}`: {one.title}", one.kind, f"{one.events:,}", one.licence or "-", source or "this project"


def _settings(settings: Mapping[str, Any]) -> str:
    return _table(("setting", "value"), ((f"`{name}`", f"`{value}`") for name, value in settings.items()))


def _list(items: Any) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", r"\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )
