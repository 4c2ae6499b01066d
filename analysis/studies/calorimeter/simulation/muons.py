"""Muons along the crystals, which calibrate their cells against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator
from analysis.studies.calorimeter.simulation.lead_tungstate import DENSITY, ELECTRON_MASS, ELECTRONS, PLASMA_ENERGY
from analysis.studies.calorimeter.simulation.random_numbers import BEAM, SHOWER
from analysis.studies.calorimeter.simulation.readout import read_out

if TYPE_CHECKING:
    from analysis.studies.calorimeter.settings import Block
    from analysis.studies.calorimeter.simulation.settings import MuonSettings, SimulationSettings

__all__ = ["generate", "median_loss", "simulate"]

# median of Moyal's distribution
_MEDIAN = 0.7876


def _loss(block: Block) -> tuple[float, float]:
    """Most probable energy loss in a layer and the width xi of its distribution, in MeV, of fast muons.

    Landau's distribution with the density effect (Particle Data Group, passage of particles through matter: most
    probable energy loss at high energies).
    """
    xi = 0.5 * 0.307075 * ELECTRONS * DENSITY * block.length / block.layers
    return float(xi * (np.log(2 * ELECTRON_MASS * xi / PLASMA_ENERGY**2) + 0.2)), xi


def median_loss(block: Block) -> float:
    """Median of the energy that a muon loses in a layer, in MeV."""
    likely, xi = _loss(block)
    return likely + _MEDIAN * xi


def generate(identity: NDArray[np.uint64], settings: MuonSettings) -> ak.Array:
    """Muons of some identities: records with ``identity`` and ``crystal``, the number of the one that is hit."""
    identity = np.asarray(identity, np.uint64)
    crystals = [generator(one, BEAM).integers(settings.block.rows**2) for one in identity]
    return ak.zip({"identity": identity, "crystal": np.array(crystals, np.int64).reshape(-1)})


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Raw events of muons: records as those of showers.

    Energy losses have Moyal's distribution (J. E. Moyal, Phil. Mag. 46 (1955) 263), of which ours has the place and the
    width of Landau's.

    Args:
        truth: of :func:`generate`.
        settings: of the block and its readout.
    """
    likely, xi = _loss(settings.block)
    block, identity = settings.block, np.asarray(truth.identity, np.uint64)
    drawn = np.array([generator(one, SHOWER).standard_normal(block.layers) for one in identity])
    deposits = np.zeros((len(identity), block.rows**2, block.layers))
    deposits[np.arange(len(identity)), np.asarray(truth.crystal)] = likely - xi * np.log(
        drawn.reshape(-1, block.layers) ** 2
    )
    return read_out(identity, deposits.reshape(len(identity), -1), settings.readout)
