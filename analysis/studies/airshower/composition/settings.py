"""Settings of the measurement of the composition of cosmic rays, and of its figures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.errors import StudyError

__all__ = ["FIGURES", "CompositionFigureSettings", "CompositionSettings", "identifier"]

FIGURES = (
    "fractions_epos_lhc",
    "fractions_qgsjetii_04",
    "fractions_sibyll2_1",
    "log_mass",
    "fitted_distributions",
)
"""Names of the figures that the default settings give."""


@dataclass(frozen=True)
class CompositionSettings:
    """Settings of the composition's measurement.

    Args:
        models: hadronic interaction models, each fitted by itself.
        primaries: mass number by name, in the order of mass.
        publication: whose distributions of X_max are fitted.
        least_expected: bins of X_max without an event in which even a pure primary leaves fewer events than this are
            left out.
        toys: simulated data sets for each model and energy bin, at least two.
        seed: of the simulated data sets.
        highlights: log10(E/eV) at which numbers are quoted; of the energy bin that begins there or holds them.

    Raises:
        StudyError: there are no models, fewer than two primaries, or fewer than two toys.
    """

    models: tuple[str, ...] = ("EPOS-LHC", "QGSJetII-04", "Sibyll2.1")
    primaries: tuple[tuple[str, int], ...] = (("proton", 1), ("helium", 4), ("nitrogen", 14), ("iron", 56))
    publication: str = "xmax2014"
    least_expected: float = 0.01
    toys: int = 1000
    seed: int = 20141222
    highlights: tuple[float, ...] = (18.0, 18.5, 19.3)

    def __post_init__(self) -> None:
        for name, size, least in (
            ("models", len(self.models), 1),
            ("primaries", len(self.primaries), 2),
            ("toys", self.toys, 2),
        ):
            if size < least:
                raise StudyError(f"the composition is given {size} {name}", cure=f"give it {least} or more")


@dataclass(frozen=True)
class CompositionFigureSettings:
    """Settings of the figures of the composition.

    Args:
        symbols: of the primaries in the figures, by name.
        publication: whose mean energies the points stand at.
        fractions_publication: whose fractions stand beside the measured ones.
        log_mass_publication: whose moments of ln A stand beside the measured ones.
        distributions_model: interaction model whose fit stands beside the measured distributions of X_max.
        energies: log10(E/eV) of the energy bins whose distributions are drawn, at most six.
    """

    symbols: tuple[tuple[str, str], ...] = (("proton", "p"), ("helium", "He"), ("nitrogen", "N"), ("iron", "Fe"))
    publication: str = "xmax2014"
    fractions_publication: str = "composition2014"
    log_mass_publication: str = "lnA2014"
    distributions_model: str = "EPOS-LHC"
    energies: tuple[float, ...] = (17.8, 18.2, 18.5, 18.8, 19.1, 19.5)


def identifier(model: str) -> str:
    """An interaction model's name as a part of other names: small letters, digits and underscores.

    Examples:
        >>> identifier("Sibyll2.1"), identifier("EPOS-LHC")
        ('sibyll2_1', 'epos_lhc')
    """
    return re.sub(r"[^a-z0-9]+", "_", model.lower())
