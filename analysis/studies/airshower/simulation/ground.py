"""Mean signals of stations on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.simulation.profile import gaisser_hillas

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.settings import SignalSettings

__all__ = ["signals"]

# of the lateral distribution, in m (NIM A 798 (2015) 172)
_REFERENCE, _BEND = 1000.0, 700.0
# the parametrisation is not meant for places closer to the axis, where stations are saturated anyway
_NEAREST = 50.0


def signals(
    energy: NDArray[np.float64],
    muons: NDArray[np.float64],
    distance: NDArray[np.float64],
    beyond: NDArray[np.float64],
    settings: SignalSettings,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Electromagnetic and muonic signals in VEM, in the manner of air-shower universality.

    As in F. Schmidt et al., Astropart. Phys. 29 (2008) 461 and M. Ave et al., Astropart. Phys. 87 (2017) 23, the
    signal of a station is a sum of an electromagnetic part, which depends on energy and on the depth behind X_max, and
    of a muonic part, which is proportional to the muon number and nearly flat in that depth. Both profiles are
    Gaisser-Hillas functions. Lateral distributions are those of the Pierre Auger Observatory (NIM A 798 (2015) 172),
    (r / 1000 m)^-beta ((r + 700 m) / 1700 m)^-beta, with beta growing smaller with age, and smaller for muons. The
    numbers are chosen for this simulation so that the sum follows the observatory's attenuation (PRL 101 (2008)
    061101), slope and energy scale, E = 0.19 EeV S38^1.02.

    Args:
        energy: in eV; all arrays have the same shape.
        muons: relative to the mean proton shower of 10^19 eV.
        distance: to the axis, in m.
        beyond: depth behind X_max, in g/cm2.
        settings: the numbers.

    Returns:
        Electromagnetic and muonic mean signals, in VEM.
    """
    distance = np.maximum(distance, _NEAREST)
    lateral = np.log(distance / _REFERENCE * (distance + _BEND) / (_REFERENCE + _BEND))
    age = np.clip(beyond, -500.0, 1500.0) / 1000.0
    em = settings.em * (energy / 1e19) ** settings.em_energy
    em = em * gaisser_hillas(beyond - settings.em_maximum, settings.em_width, settings.em_decay)
    em = em * np.exp(-(settings.em_slope[0] + settings.em_slope[1] * age) * lateral)
    muon = settings.muon * settings.muon_scale * muons
    muon = muon * gaisser_hillas(beyond - settings.muon_maximum, settings.muon_width, settings.muon_decay)
    muon = muon * np.exp(-(settings.muon_slope[0] + settings.muon_slope[1] * age) * lateral)
    return em, muon
