"""Readout of the cells: light, photodetectors, noise and conversion to counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator
from analysis.studies.calorimeter.simulation.random_numbers import READOUT

if TYPE_CHECKING:
    from analysis.studies.calorimeter.simulation.settings import Readout

__all__ = ["Channels", "channels", "read_out"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Channels:
    """True constants of c channels, which only the simulation and tests of the calibration know.

    Args:
        gain: (c,) counts per MeV.
        pedestal: (c,) counts.
    """

    gain: Array
    pedestal: Array


def channels(number: int, readout: Readout) -> Channels:
    """The constants of a block's channels, the same in all data sets."""
    random = np.random.Generator(np.random.Philox(key=readout.seed))
    gain = readout.gain * np.exp(readout.spread * random.standard_normal(number))
    return Channels(gain, readout.pedestal * (1.0 + 0.02 * random.standard_normal(number)))


def read_out(identity: NDArray[np.uint64], deposits: Array, readout: Readout) -> ak.Array:
    """Digitise the energies of events.

    Args:
        identity: (n,).
        deposits: (n, c) energies in the cells, in MeV.
        readout: of the cells.

    Returns:
        Records with ``identity`` and ``counts`` (c of them).
    """
    constants = channels(deposits.shape[1], readout)
    counts = np.empty(deposits.shape, np.uint16)
    for row, one in enumerate(identity):
        random = generator(one, READOUT)
        electrons = random.poisson(readout.light * deposits[row]).astype(np.float64)
        # each photoelectron is amplified by itself
        electrons += np.sqrt((readout.excess - 1.0) * electrons) * random.standard_normal(len(electrons))
        signal = electrons / readout.light + readout.noise * random.standard_normal(len(electrons))
        converted = np.rint(constants.pedestal + constants.gain * signal)
        counts[row] = np.clip(converted, 0, 2**readout.bits - 1)
    return ak.zip(
        {"identity": np.asarray(identity, np.uint64), "counts": ak.from_numpy(counts, regulararray=True)}, depth_limit=1
    )
