"""The model card of a study's networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.exchange.units import units_of
from analysis.learning.export.card import CardDataset, CardFeatures, ModelCard

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.learning.application.trained import Trained
    from analysis.study import Study

__all__ = ["study_card"]

LICENCE = "BSD-3-Clause"  # of the project; the data that networks were trained on have their own


def study_card(
    study: Study,
    trained: Trained,
    datasets: Iterable[Dataset],
    record: str,
    metrics: Mapping[str, str],
) -> ModelCard:
    """Assemble the model card of trained networks before they are exported.

    Args:
        study: that they belong to.
        trained: networks.
        datasets: that they were trained or tested on.
        record: place of the networks in the store; it ends with their key.
        metrics: headline of the evaluation.
    """
    targets = trained.layout.targets if trained.names[0] not in trained.classes else ()
    return ModelCard(
        study=study.name,
        title=study.title,
        record=record,
        licence=LICENCE,
        datasets=tuple(
            CardDataset(one.name, one.title, one.kind, one.events, one.licence, one.doi, one.citation)
            for one in datasets
        ),
        features=tuple(
            CardFeatures(name, block.shape, block.present, block.names, _units(study, block.names))
            for name, block in trained.layout.features.items()
        ),
        predictions=trained.names,
        unit=study.target_unit if targets else "",
        folds=trained.settings.folds,
        network={"function": trained.network.function, **_settings(trained.network.settings)},
        training=_settings(trained.settings),
        metrics=dict(metrics),
        differences={},
        use=(
            f"To say of an event of the study `{study.name}` what the study's own networks say: "
            f"{', '.join(trained.names)}.",
            "To apply them to events of one's own whose features are computed as the study computes them, and to "
            "compare other networks with them.",
        ),
        limits=(
            "Nothing is known of events unlike those of the data sets below, of other detectors, or of features "
            "computed in another way.",
            *(
                ()
                if targets
                else ("Probabilities are for classes of equal size; where classes are not, weigh them accordingly.",)
            ),
            "No systematic uncertainty is in the predictions; the study varies its events for that.",
            "StableHLO is for the months in which JAX promises to read it; ONNX (operator set 20) is to be kept.",
        ),
    )


def _settings(settings: Any) -> dict[str, Any]:
    return dataclasses.asdict(settings) if settings is not None else {}


def _units(study: Study, names: Iterable[str]) -> dict[str, str]:
    """Units of features that the study also fills histograms with."""
    known = units_of(study)
    return {name: known[name] for name in names if known.get(name)}
