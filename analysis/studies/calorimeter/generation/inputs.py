"""Inputs of generators: the particle as conditions, the shower as targets; and what they generate, as showers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.events.noise import normal_numbers
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.calorimeter.generation.templates import Templates, particles_of
from analysis.studies.calorimeter.generation.variables import Particles

if TYPE_CHECKING:
    from analysis.studies.calorimeter.generation.settings import TemplateSettings

__all__ = ["generated_cells", "particles_in", "prepare"]


def prepare(
    calibrated: ak.Array, truth: ak.Array, templates: Mapping[str, Any], settings: TemplateSettings
) -> TrainingInputs:
    """Prepare conditions, random numbers and targets of n events.

    Args:
        calibrated: events with ``cells`` (MeV).
        truth: of the same events, with ``energy`` (GeV), ``angle`` (degrees) and ``photon``.
        templates: of showers.
        settings: the number of components.

    Returns:
        The blocks ``particle`` (n, 3), logarithm of the energy, angle and kind, and ``noise``, of as many numbers as
        there are targets: the response and the largest components. Spectators are ``energy`` (GeV), ``angle`` (degrees)
        and ``photon``.
    """
    particles = particles_of(truth)
    identity = values(calibrated, "identity").astype(np.uint64)
    names = ("response", *(f"component_{number}" for number in range(1, settings.components + 1)))
    components = Templates(**templates).encode(ak.to_numpy(calibrated.cells), particles)
    particle, noise = particles.features(), normal_numbers(identity, len(names))
    return TrainingInputs(
        features={
            "particle": Features(particle, np.ones(particle.shape, np.bool_)),
            "noise": Features(noise, np.ones(noise.shape, np.bool_)),
        },
        label=np.zeros(len(identity), np.int32),
        target=components[:, : len(names)].astype(np.float32),
        weight=np.ones(len(identity)),
        identity=identity,
        trainable=np.ones(len(identity), np.bool_),
        classes=("simulated",),
        targets=names,
        spectators={name: values(truth, name).astype(np.float64) for name in ("energy", "angle", "photon")},
    )


def particles_in(inputs: TrainingInputs) -> Particles:
    """The particles of events."""
    return Particles(*(inputs.spectators[name] for name in ("energy", "angle", "photon")))


def generated_cells(
    drawn: NDArray[np.float32], identity: NDArray[np.uint64], particles: Particles, templates: Templates
) -> NDArray[np.float32]:
    """Cells of generated showers, (n, c) in MeV.

    Args:
        drawn: (n, t) targets that a network has drawn; smaller components are normal numbers of the event's own.
        identity: (n,).
        particles: n of them.
        templates: of showers.
    """
    components = normal_numbers(identity, templates.cells + 1).astype(np.float64)
    components[:, : drawn.shape[1]] = drawn
    return templates.decode(components, particles)
