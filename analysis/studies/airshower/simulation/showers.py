"""Showers: the truth that the simulated detector sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator
from analysis.studies.airshower.published.gumbel import gumbel_parameters
from analysis.studies.airshower.simulation.randomness import GENERATION

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.settings import ShowerSettings

__all__ = ["generate"]

# from both ends of data taking, in s: no trace reaches beyond what the monitoring covers
_MARGIN = 1.0


def generate(identity: NDArray[np.uint64], settings: ShowerSettings) -> ak.Array:
    """Showers of some identities; each depends on its identity and on nothing else.

    - Energy: a power law. Arrival: flat in sin^2(zenith), as on a flat array in an isotropic flux. Core and time:
      uniform.
    - X_max: generalised Gumbel distribution, M. De Domenico et al., JCAP 07 (2013) 050, eq. 2.3 and 3.1-3.6.
    - Muon number: Heitler-Matthews, N = A^(1 - beta) (E / 10 EeV)^beta (J. Matthews, Astropart. Phys. 22 (2005) 387),
      times a log-normal fluctuation of mean 1.

    Args:
        identity: shape (n,).
        settings: which showers.

    Returns:
        Records with ``identity``; ``time`` (s since the begin of data taking); ``mass_number``; ``energy`` (eV);
        ``zenith``, ``azimuth`` (rad; where the shower comes from, azimuth counter-clockwise from east); ``x_core``,
        ``y_core`` (m, east and north of the array's middle, at its altitude); ``xmax`` (g/cm2, slant); ``muons`` (on
        the ground, relative to the mean proton shower of 10^19 eV).

    Raises:
        StudyError: the interaction model is unknown.

    Examples:
        >>> from analysis.events.identity import identify
        >>> from analysis.studies.airshower.simulation.settings import ShowerSettings
        >>> generate(identify("proton", 0, 3), ShowerSettings()).fields[:4]
        ['identity', 'time', 'mass_number', 'energy']
    """
    identity = np.asarray(identity, dtype=np.uint64)
    sources = [generator(one, GENERATION) for one in identity]
    uniform = np.array([source.random(7) for source in sources]).reshape(-1, 7)
    fluctuation = np.array([source.standard_normal() for source in sources], dtype=np.float64)

    edges = np.cumsum(np.asarray(settings.shares) / np.sum(settings.shares))
    # the last edge is 1 but for rounding
    choice = np.searchsorted(edges[:-1], uniform[:, 0], side="right")
    mass = np.asarray(settings.primaries, dtype=np.int32)[choice]
    log10_energy = _log10_energy(uniform[:, 1], settings)
    mu, sigma, shape = gumbel_parameters(log10_energy, mass.astype(np.float64), settings.model)
    gamma = np.array([source.standard_gamma(k) for source, k in zip(sources, shape, strict=True)], dtype=np.float64)
    radius, angle = settings.core_radius * np.sqrt(uniform[:, 5]), 2.0 * np.pi * uniform[:, 6]

    spread = settings.muon_fluctuation * mass**-settings.muon_fluctuation_exponent
    logarithmic = np.sqrt(np.log1p(spread**2))
    mean = mass ** (1.0 - settings.muon_exponent) * 10.0 ** (settings.muon_exponent * (log10_energy - 19.0))
    return ak.zip(
        {
            "identity": identity,
            "time": _MARGIN + (settings.period - 2.0 * _MARGIN) * uniform[:, 2],
            "mass_number": mass,
            "energy": 10.0**log10_energy,
            "zenith": np.arcsin(np.sqrt(uniform[:, 3]) * np.sin(settings.maximum_zenith)),
            "azimuth": 2.0 * np.pi * uniform[:, 4],
            "x_core": radius * np.cos(angle),
            "y_core": radius * np.sin(angle),
            # De Domenico et al.: if G follows a gamma distribution of this shape and mean 1, X_max is mu - sigma ln G
            "xmax": mu - sigma * np.log(gamma / shape),
            "muons": mean * np.exp(logarithmic * fluctuation - logarithmic**2 / 2.0),
        }
    )


def _log10_energy(uniform: NDArray[np.float64], settings: ShowerSettings) -> NDArray[np.float64]:
    low, high = settings.log10_energy
    rise = 1.0 - settings.spectral_index
    if rise == 0.0:
        return low + (high - low) * uniform
    return low + np.log10(1.0 + uniform * (10.0 ** (rise * (high - low)) - 1.0)) / rise
