"""Electrons and photons that hit the block, and the raw events of their showers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator
from analysis.studies.calorimeter.simulation.lead_tungstate import RADIATION_LENGTH
from analysis.studies.calorimeter.simulation.particles import Particles
from analysis.studies.calorimeter.simulation.random_numbers import BEAM, SHOWER, stream
from analysis.studies.calorimeter.simulation.readout import read_out
from analysis.studies.calorimeter.simulation.transport import Deposits, transport

if TYPE_CHECKING:
    from analysis.studies.calorimeter.simulation.settings import BeamSettings, SimulationSettings

__all__ = ["deposit", "generate", "simulate"]


def generate(identity: NDArray[np.uint64], settings: BeamSettings) -> ak.Array:
    """Particles of some identities.

    Args:
        identity: (n,).
        settings: of the beam.

    Returns:
        Records with ``identity``; ``energy``, kinetic, in GeV; ``angle`` in degrees; ``photon``, 1 or 0; ``x``, ``y``
        in cm, where the particle is on the front face, from where its axis is.
    """
    identity = np.asarray(identity, np.uint64)
    drawn = np.array([generator(one, BEAM).random(5) for one in identity]).reshape(-1, 5).T
    low, high = np.log(settings.energies)
    return ak.zip(
        {
            "identity": identity,
            "energy": np.exp(low + (high - low) * drawn[0]),
            "angle": settings.angles[0] + (settings.angles[1] - settings.angles[0]) * drawn[1],
            "photon": (drawn[2] < settings.photons).astype(np.int8),
            "x": settings.spot * (2.0 * drawn[3] - 1.0),
            "y": settings.spot * (2.0 * drawn[4] - 1.0),
        }
    )


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Raw events of particles, each in its place.

    Args:
        truth: of :func:`generate`.
        settings: of the block, its readout, and the transport.

    Returns:
        Records with ``identity`` and ``counts``, one of each cell: row, place in the row, layer.
    """
    parts = [
        deposit(truth[start : start + settings.together], settings).cells.reshape(-1, settings.block.cells)
        for start in range(0, max(len(truth), 1), settings.together)
    ]
    return read_out(np.asarray(truth.identity), np.concatenate(parts), settings.readout)


def deposit(truth: ak.Array, settings: SimulationSettings) -> Deposits:
    """Energies that showers deposit, without any readout; arguments as above."""
    fields = {name: np.asarray(truth[name]).astype(np.float64) for name in ("energy", "angle", "photon", "x", "y")}
    identity = np.asarray(truth.identity, np.uint64)
    slope = np.radians(fields["angle"])
    zero = np.zeros(len(identity))
    place = np.stack(
        [
            fields["x"] / RADIATION_LENGTH - settings.aim * np.tan(slope),
            fields["y"] / RADIATION_LENGTH,
            zero,
        ]
    )
    primaries = Particles(
        np.arange(len(identity)),
        stream(identity, SHOWER),
        1000.0 * fields["energy"],
        place,
        np.stack([np.sin(slope), zero, np.cos(slope)]),
        np.zeros(len(identity), np.bool_),
    )
    return transport(primaries, fields["photon"] == 0, settings.block, settings.transport)
