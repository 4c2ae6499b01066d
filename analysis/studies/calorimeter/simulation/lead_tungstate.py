"""Lead tungstate: constants of the material that showers develop in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    *("ATTENUATION", "CRITICAL_ENERGY", "DENSITY", "ELECTRONS", "ELECTRON_MASS", "MOLIERE_RADIUS"),
    *("PLASMA_ENERGY", "RADIATION_LENGTH", "SCATTERING_ENERGY"),
]

# Particle Data Group, atomic and nuclear properties of materials: lead tungstate (PbWO4)
DENSITY = 8.300
"""In g/cm3."""
RADIATION_LENGTH = 0.8904
"""In cm."""
CRITICAL_ENERGY = 9.64
"""Of electrons, in MeV: what they lose by ionisation in a radiation length (B. Rossi, High-Energy Particles, 1952)."""
MOLIERE_RADIUS = 1.959
"""In cm."""
ELECTRONS = 0.41315
"""Charge over mass number, <Z/A>."""

ELECTRON_MASS = 0.51099895
"""In MeV."""
SCATTERING_ENERGY = 13.6
"""Of multiple scattering, per plane, in MeV (G. R. Lynch and O. I. Dahl, NIM B 58 (1991) 6)."""
PLASMA_ENERGY = 28.816e-6 * np.sqrt(DENSITY * ELECTRONS)
"""In MeV (Particle Data Group, passage of particles through matter)."""

# J. H. Hubbell and S. M. Seltzer, NISTIR 5632 (1995): energies in MeV, mass attenuation coefficients in cm2/g
_MEV = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0)
_LEAD = (
    *(5.549, 2.014, 0.9985, 0.4031, 0.2323, 0.1614, 0.1248, 0.08870, 0.07102, 0.05876, 0.05222, 0.04606, 0.04234),
    *(0.04197, 0.04272, 0.04391, 0.04675, 0.04972, 0.05658, 0.06206),
)
_TUNGSTEN = (
    *(4.438, 1.581, 0.7844, 0.3238, 0.1925, 0.1378, 0.1093, 0.08066, 0.06618, 0.05577, 0.05000, 0.04433, 0.04075),
    *(0.04038, 0.04103, 0.04210, 0.04472, 0.04747, 0.05384, 0.05893),
)
_OXYGEN = (
    *(0.1551, 0.1361, 0.1237, 0.1070, 0.09566, 0.08729, 0.08070, 0.07087, 0.06372, 0.05697, 0.05185, 0.04459, 0.03597),
    *(0.03100, 0.02777, 0.02552, 0.02263, 0.02089, 0.01866, 0.01770),
)
# atomic masses
_MASSES = np.array([207.2, 183.84, 4 * 15.999])
_SHARES = _MASSES / _MASSES.sum()

ATTENUATION: tuple[NDArray[np.float64], NDArray[np.float64]] = (
    np.array(_MEV),
    _SHARES @ np.array([_LEAD, _TUNGSTEN, _OXYGEN]) * DENSITY * RADIATION_LENGTH,
)
"""Photon energies in MeV, and how many interactions a photon has in a radiation length."""
