"""The network's inputs from reconstructed events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from analysis.errors import DataError
from analysis.events.columns import presence, values
from analysis.events.selection import passes
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs

if TYPE_CHECKING:
    from analysis.studies.htautau.settings import FeatureSettings
    from analysis.study import Dataset

__all__ = ["prepare_training"]


def prepare_training(reconstructed: ak.Array, dataset: Dataset, settings: FeatureSettings) -> TrainingInputs:
    """Features, labels and weights of all events of a data set, or of a part of it.

    There are two blocks of features: ``event`` (n, f), what the settings name, and ``particles`` (n, p, 4),
    four-momenta E, px, py, pz in GeV.

    Every event gets a row, so that every event gets a score. Networks are trained on and judged by the simulated events
    that pass the selection, opposite charge and an isolated muon: what the signal region and the high-mt region have in
    common, so that the transverse mass is learned from and a score means the same in both.

    Args:
        reconstructed: events, a record array of length n; there need not be any.
        dataset: where they are from.
        settings: features, classes and selection.

    Raises:
        DataError: a feature is not finite.
        StudyError: the events have no such field.
    """
    features = np.zeros((len(reconstructed), len(settings.features)), dtype=np.float32)
    present = np.ones(features.shape, dtype=np.bool_)
    for index, name in enumerate(settings.features):
        there = presence(reconstructed, name)
        if there is None:
            features[:, index] = values(reconstructed, name)
        else:
            features[there, index] = values(reconstructed, name)[there]
            present[:, index] = there
    identity = values(reconstructed, "identity")
    _check_finite(features, identity, dataset, settings)
    labels = values(reconstructed, "label").astype(np.int32)
    trainable = passes(reconstructed, settings.selection) & (labels >= 0)
    return TrainingInputs(
        features={
            "event": Features(features, present, settings.features),
            "particles": _particles(reconstructed, settings),
        },
        label=labels,
        target=np.zeros((len(reconstructed), 0), np.float32),
        weight=values(reconstructed, "weight").astype(np.float64),
        identity=identity.astype(np.uint64),
        trainable=trainable,
        classes=settings.classes,
    )


def _particles(events: ak.Array, settings: FeatureSettings) -> Features:
    """Four-momenta of the particles; without names, as they enter networks in GeV."""
    momenta = np.zeros((len(events), len(settings.particles), 4), dtype=np.float32)
    present = np.ones(momenta.shape[:2], dtype=np.bool_)
    for place, particle in enumerate(settings.particles):
        there = presence(events, particle.pt)
        if there is not None:
            present[:, place] = there
        pt, phi, eta, mass = (
            values(events, field)[present[:, place]].astype(np.float64) if field else 0.0
            for field in (particle.pt, particle.phi, particle.eta, particle.mass)
        )
        pz = pt * np.sinh(eta)
        energy = np.sqrt(pt**2 + pz**2 + mass**2)
        momenta[present[:, place], place] = np.stack([energy, pt * np.cos(phi), pt * np.sin(phi), pz], axis=-1)
    return Features(momenta, present)


def _check_finite(features: np.ndarray, identity: np.ndarray, dataset: Dataset, settings: FeatureSettings) -> None:
    rows, columns = np.nonzero(~np.isfinite(features))
    if rows.size:
        row, name = int(rows[0]), settings.features[int(columns[0])]
        raise DataError(
            f"the data set {dataset.name!r}: the feature {name!r} of event {row} (identity {identity[row]}) is "
            f"{features[row, columns[0]]}; {rows.size} such values in all",
            cure="mend the step that computes the feature, or mark the value as missing where it does not exist",
        )
