"""Settings of the study; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["CATALOGUES", "CHARGES", "ScanSettings", "SkySettings"]

CATALOGUES = ("starburst", "swift_bat", "fermi_2fhl", "starburst_44")
"""Names of the catalogues: those of the data set in the order of their sources, then a larger one of starbursts."""

CHARGES: tuple[int, ...] = (1, 2, 7, 26)
"""Charges of protons, helium, nitrogen and iron, which stand for all nuclei."""


@dataclass(frozen=True)
class ScanSettings:
    """Scan of the catalogue likelihood.

    Args:
        thresholds: energies in EeV, rising; events above each are looked at.
        radii: equivalent top-hat radii in degrees, 1.59 times the width of the Fisher distribution (ApJ 935 (2022) 170,
            Sec. 4.2).
        spectral_index: of the sources, for the attenuation.
        nside: of the maps (HEALPix).
    """

    thresholds: tuple[float, ...] = (32.0, 34.0, 36.0, 38.0, 40.0, 42.0, 45.0, 48.0, 52.0, 57.0, 64.0, 72.0, 80.0)
    radii: tuple[float, ...] = (6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 25.0, 29.0, 33.0, 38.0, 44.0)
    spectral_index: float = 2.0
    nside: int = 32

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("thresholds", "radii"):
            values = getattr(self, name)
            require(self, name, len(values) > 0 and list(values) == sorted(values), "one or more rising numbers")
        require(self, "nside", self.nside in (16, 32, 64, 128), "16, 32, 64 or 128")


@dataclass(frozen=True)
class SkySettings:
    """Simulation of the skies of a data set.

    Args:
        fractions: shares of events that come from the sources; a sky has one of them at random.
        between: whether a sky's fraction lies anywhere between the first and the last of them, rather than on one.
        fields: of the Galactic halo, times the model (JF12); a sky has one of them at random. Of a negative one,
            the field is reversed.
        abundances: of protons, helium, nitrogen and iron; the same at all energies.
        turbulence: deflection in turbulent fields of a cosmic ray of 10 EV: width of a Fisher distribution, degrees.
        radius: of 0, deflections are as above; else sources are seen as the likelihood assumes, with this equivalent
            top-hat radius in degrees, for closure tests.
        catalogue: whose sources they are.
    """

    fractions: tuple[float, ...] = (0.0,)
    between: bool = False
    fields: tuple[float, ...] = (0.5,)
    abundances: tuple[float, ...] = (0.10, 0.30, 0.50, 0.10)
    turbulence: float = 10.0
    radius: float = 0.0
    catalogue: str = "starburst"

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "fractions", all(0.0 <= one <= 1.0 for one in self.fractions), "between 0 and 1")
        require(self, "abundances", len(self.abundances) == len(CHARGES), f"{len(CHARGES)} numbers")
        require(self, "fields", len(self.fields) > 0, "one or more numbers")
        require(self, "turbulence", self.turbulence > 0.0, "greater than 0")
        require(self, "catalogue", self.catalogue in CATALOGUES, f"one of {', '.join(CATALOGUES)}")
