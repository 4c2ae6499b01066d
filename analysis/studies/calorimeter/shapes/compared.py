"""Simulated and generated showers as inputs of a classifier that is to tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.learning.application.scores import Scores
from analysis.learning.data import samples
from analysis.learning.sample_settings import SampleSettings
from analysis.studies.calorimeter.generation.inputs import generated_cells, particles_in
from analysis.studies.calorimeter.generation.templates import Templates
from analysis.studies.calorimeter.shapes.settings import shape_names
from analysis.studies.calorimeter.shapes.variables import hits_of, shapes_of

if TYPE_CHECKING:
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.calorimeter.shapes.settings import ShapeSettings

__all__ = ["compare"]


def compare(
    calibrated: ak.Array,
    inputs: TrainingInputs,
    scores: Scores,
    templates: Mapping[str, Any],
    settings: ShapeSettings,
) -> TrainingInputs:
    """Show of each event the simulated shower or the generated one, see :func:`analysis.learning.data.samples.compare`.

    Args:
        calibrated: n events with ``cells``.
        inputs: of the same events, as generators learn from them.
        scores: what was generated for them.
        templates: of showers.
        settings: what is shown: hits or shapes.
    """
    particles = particles_in(inputs)
    cells = ak.to_numpy(calibrated.cells)
    drawn = generated_cells(scores.predictions, inputs.identity, particles, Templates(**templates))

    def shown(some: NDArray[np.float32]) -> NDArray[np.float32]:
        if settings.cells:
            hits = hits_of(some, settings) / (1000.0 * particles.energy)[:, np.newaxis]
            return np.arcsinh(hits / 0.003).astype(np.float32)
        return shapes_of(some, particles.energy, settings).astype(np.float32)

    names = (
        tuple(f"cell_{number}" for number in range(cells.shape[1])) if settings.cells else shape_names(settings.block)
    )
    true = replace(inputs, target=shown(cells), targets=names)
    return samples.compare(true, Scores(inputs.identity, shown(drawn), names), SampleSettings())
