"""Constants of all channels, from muons and electrons of a test beam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from correctionlib import schemav2
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.results import Number
from analysis.studies.calorimeter.simulation.muons import median_loss

if TYPE_CHECKING:
    from analysis.studies.calorimeter.calibration.settings import DerivationSettings

__all__ = ["derive"]

Array = NDArray[np.float64]

_TITLES = {
    "pedestal": ("counts without signal", "counts"),
    "gain": ("counts of an MeV", "counts/MeV"),
    "noise": ("noise", "MeV"),
}


def derive(raw: Mapping[str, ak.Array], settings: DerivationSettings) -> Calibration:
    """Pedestals, gains and noise of all channels.

    Muons go through one crystal each. Where they do not, a channel has its pedestal and its noise; where they do, the
    interquartile mean of its counts stands for the median energy loss of a muon, which makes all channels alike.
    Electrons of a known energy in the middle of the block tell the scale of all: the mean of their sums is their
    energy, so that what leaves the block is corrected for on the average.

    Args:
        raw: events of the two data sets, by name.
        settings: what they are.

    Returns:
        Corrections ``pedestal`` (counts), ``gain`` (counts/MeV) and ``noise`` (MeV) of a channel.

    Raises:
        DataError: a crystal has too few muons, or a channel has no signal.
    """
    muons, electrons = (
        ak.to_numpy(raw[name].counts).astype(np.float64) for name in (settings.muons, settings.electrons)
    )
    hit = _crystals(muons, settings)
    numbers = np.bincount(hit, minlength=settings.block.rows**2)
    if numbers.min() < 10 or len(electrons) < 10:
        raise DataError(
            f"a crystal has {numbers.min()} muons, and there are {len(electrons)} electrons",
            cure="simulate more events of the test beam: at least 10 for each",
        )
    channel = np.arange(muons.shape[1]) // settings.block.layers
    pedestal, spread, signal, uncertainty = (np.empty(muons.shape[1]) for _ in range(4))
    for crystal in range(settings.block.rows**2):
        own = channel == crystal
        quiet, loud = muons[hit != crystal][:, own], muons[hit == crystal][:, own]
        pedestal[own], spread[own] = quiet.mean(axis=0), quiet.std(axis=0)
        middle, statistical = _interquartile_mean(loud)
        signal[own] = middle - pedestal[own]
        uncertainty[own] = statistical / signal[own]
    if not (signal > 0).all():
        raise DataError(
            f"channel {int(np.argmin(signal))} has no signal of muons", cure="look at the raw events of the test beam"
        )
    alike = signal / median_loss(settings.block)
    sums = ((electrons - pedestal) / alike).sum(axis=1) / (1000.0 * settings.energy)
    scale, error = float(sums.mean()), float(sums.std() / np.sqrt(len(sums)))
    gain = alike * scale
    constants = {"pedestal": pedestal, "gain": gain, "noise": spread / gain}
    measurements = {
        "scale": {"value": scale, "uncertainty": error},
        "electrons": {"mean": scale, "width": float(sums.std()), "events": len(sums)},
        "muons": {"fewest_in_a_crystal": int(numbers.min())},
        "numbers": _numbers(gain, uncertainty, scale, error, constants["noise"], settings),
        "headline": {
            "gains": f"{gain.mean():.3f} counts/MeV, spread {100 * gain.std() / gain.mean():.1f} %, "
            f"each known to {100 * np.median(uncertainty):.1f} %",
            "energy scale": f"known to {100 * error / scale:.2f} %",
            "noise": f"{constants['noise'].mean():.2f} MeV in a cell",
        },
    }
    curves = {**constants, "gain_uncertainty": gain * uncertainty, "electrons": sums / scale}
    return Calibration(_corrections(constants), measurements, curves)


def _crystals(muons: Array, settings: DerivationSettings) -> NDArray[np.int64]:
    """The crystal that each muon goes through, (n,): the one with the largest sum."""
    signals = muons - np.median(muons, axis=0)
    crystals: NDArray[np.int64] = signals.reshape(len(muons), -1, settings.block.layers).sum(axis=2).argmax(axis=1)
    return crystals


def _interquartile_mean(counts: Array) -> tuple[Array, Array]:
    """The mean between the quartiles, without the tail of large losses, and its uncertainty; (m, c) -> (c,) each.

    J. W. Tukey and D. H. McLaughlin, Sankhya A 25 (1963) 331: the uncertainty follows from the winsorised variance.
    """
    ordered, quarter = np.sort(counts, axis=0), len(counts) // 4
    inner = ordered[quarter : len(counts) - quarter]
    winsorised = np.clip(ordered, inner[0], inner[-1]).std(axis=0, ddof=1)
    return inner.mean(axis=0), winsorised * np.sqrt(len(counts)) / len(inner)


def _corrections(constants: Mapping[str, Array]) -> schemav2.CorrectionSet:
    corrections = [
        schemav2.Correction(
            name=name,
            description=_TITLES[name][0],
            version=1,
            inputs=[schemav2.Variable(name="channel", type="int", description="row, place in the row, layer")],
            output=schemav2.Variable(name=name, type="real", description=_TITLES[name][1]),
            data=schemav2.Category(
                nodetype="category",
                input="channel",
                content=[schemav2.CategoryItem(key=key, value=float(one)) for key, one in enumerate(values)],
            ),
        )
        for name, values in constants.items()
    ]
    return schemav2.CorrectionSet(
        schema_version=2,
        description="Constants of the channels, derived from muons and electrons of a simulated test beam",
        corrections=corrections,
    )


def _numbers(
    gain: Array, uncertainty: Array, scale: float, error: float, noise: Array, settings: DerivationSettings
) -> list[dict[str, Any]]:
    how = "muons along the crystals"
    found = (
        Number(
            "gain_spread", "spread of the channels' gains", 100 * float(gain.std() / gain.mean()), None, None, "%", how
        ),
        Number(
            "gain_uncertainty",
            "statistical uncertainty of a channel's gain",
            100 * float(np.median(uncertainty)),
            None,
            None,
            "%",
            how,
            "simulation",
        ),
        Number(
            "scale_uncertainty",
            "statistical uncertainty of the energy scale",
            100 * error / scale,
            None,
            None,
            "%",
            f"electrons of {settings.energy:g} GeV",
            "simulation",
        ),
        Number(
            "noise", "noise of a cell", float(noise.mean()), None, None, "MeV", "channels without a muon", "simulation"
        ),
    )
    return [one.as_json() for one in found]
