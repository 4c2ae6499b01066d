"""What a study's figures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.histograms.histograms import Histograms
    from analysis.learning.inputs import TrainingInputs
    from analysis.learning.model import Trained

__all__ = [
    "CalibrationMaterial",
    "MeasurementMaterial",
    "TrainingMaterial",
]


@dataclass(frozen=True, eq=False)
class CalibrationMaterial:
    """A derived calibration.

    Args:
        measurements: of the :class:`~analysis.calibration.Calibration`, as read from JSON.
        curves: of the same.
    """

    measurements: Mapping[str, Any]
    curves: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class TrainingMaterial:
    """Trained networks and what they say of the events that they were judged by.

    Args:
        trained: the networks.
        inputs: n trainable events.
        predictions: (n, o), each event's from the network it had no part in.
        history: of the training, an entry an epoch.
        metrics: what the study's ``evaluate`` found.
        titles: of the processes, by name.
    """

    trained: Trained
    inputs: TrainingInputs
    predictions: NDArray[Any]
    history: list[dict[str, Any]]
    metrics: Mapping[str, Any]
    titles: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class MeasurementMaterial:
    """What was fitted, and what came out.

    Args:
        workspaces: HistFactory workspaces, by name.
        fit: what the study's measurement found, as read from JSON; empty before the fit.
        histograms: of the study's events; ``None`` for a study that fills none.
        publications: local copies of the publications' files, by publication and file name.
        luminosity: of the campaign, in 1/fb; ``None`` without a campaign.
    """

    workspaces: Mapping[str, Mapping[str, Any]]
    fit: Mapping[str, Any]
    histograms: Histograms | None
    publications: Mapping[str, Mapping[str, Path]]
    luminosity: float | None
