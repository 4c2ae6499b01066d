r"""The distribution of the depth of shower maximum: a generalised Gumbel distribution.

M. De Domenico, M. Settimo, S. Riggi and E. Bertin, "Reinterpreting the development of extensive air showers initiated
by nuclei and photons", JCAP 07 (2013) 050, doi:10.1088/1475-7516/2013/07/050, arXiv:1305.2331; for energies from
10^17 to 10^21 eV. With z = (X_max - mu) / sigma, equation 2.3 reads

    g(X_max) = lambda^lambda / (sigma Gamma(lambda)) exp(-lambda (z + exp(-z))),

where mu, sigma and lambda depend on energy, mass number and hadronic interaction model (equations 3.1 to 3.6 and table
1). The numbers of table 1 are read from the package ``astrotools``.

exp(-z) follows a gamma distribution of shape lambda and mean 1; everything here follows from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.errors import StudyError
from analysis.studies.airshower.published.literals import AUGER, literal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["cdf", "gumbel_parameters", "mean", "models", "pdf", "quantile", "variance"]


def models() -> tuple[str, ...]:
    """Names of the hadronic interaction models with known parameters.

    Examples:
        >>> models()
        ('QGSJetII', 'QGSJetII-04', 'Sibyll2.1', 'EPOS1.99', 'EPOS-LHC')
    """
    return tuple(literal(AUGER, "params", "gumbel_parameters"))


def gumbel_parameters(
    log10_energy: ArrayLike, mass_number: ArrayLike, model: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Location mu (g/cm2), scale sigma (g/cm2) and shape lambda of the distribution; equations 3.1 to 3.6.

    Args:
        log10_energy: log10(E/eV); of any shape that broadcasts with the mass number's.
        mass_number: A, 1 for a proton.
        model: hadronic interaction model, one of :func:`models`.

    Raises:
        StudyError: the model is not known; the message lists the known ones.
        DataError: the package with the parameters is missing or is another one.

    Examples:
        >>> [round(float(p), 3) for p in gumbel_parameters(19.0, 1, "EPOS-LHC")]
        [775.589, 29.403, 0.563]
    """
    tables = literal(AUGER, "params", "gumbel_parameters")
    if model not in tables:
        raise StudyError(
            f"no parametrisation of X_max is known for the interaction model {model!r}",
            cure="use one of: " + ", ".join(tables),
        )
    log10_energy, mass_number = np.broadcast_arrays(
        np.asarray(log10_energy, np.float64), np.asarray(mass_number, np.float64)
    )
    energy, mass = log10_energy - 19.0, np.log(mass_number)
    # element by element and in a fixed order: an event's numbers do not depend on the events beside it
    location, scale, shape = (
        _polynomial(energy, [_polynomial(mass, row) for row in tables[model][name]])
        for name in ("mu", "sigma", "lambda")
    )
    return location, scale, shape


def pdf(x: ArrayLike, log10_energy: ArrayLike, mass_number: ArrayLike, model: str) -> NDArray[np.float64]:
    """Probability density of X_max in 1/(g/cm2), equation 2.3.

    Args:
        x: X_max in g/cm2.
        log10_energy: as in :func:`gumbel_parameters`.
        mass_number: as there.
        model: as there.

    Raises:
        StudyError: the model is not known.
    """
    location, scale, shape = gumbel_parameters(log10_energy, mass_number, model)
    z = (np.asarray(x, np.float64) - location) / scale
    with np.errstate(over="ignore"):
        exponent = shape * np.log(shape) - special.gammaln(shape) - shape * (z + np.exp(-z))
    return np.exp(exponent) / scale


def cdf(x: ArrayLike, log10_energy: ArrayLike, mass_number: ArrayLike, model: str) -> NDArray[np.float64]:
    """Probability that X_max is below x; S. Adeyemi and M. O. Ojo, Kragujevac J. Math. 25 (2003) 19.

    Args:
        x: X_max in g/cm2.
        log10_energy: as in :func:`gumbel_parameters`.
        mass_number: as there.
        model: as there.

    Raises:
        StudyError: the model is not known.
    """
    location, scale, shape = gumbel_parameters(log10_energy, mass_number, model)
    with np.errstate(over="ignore"):
        return special.gammaincc(shape, shape * np.exp((location - np.asarray(x, np.float64)) / scale))


def quantile(
    probability: ArrayLike, log10_energy: ArrayLike, mass_number: ArrayLike, model: str
) -> NDArray[np.float64]:
    """X_max in g/cm2 below which it is with that probability, the inverse of :func:`cdf`.

    Args:
        probability: between 0 and 1, both excluded.
        log10_energy: as in :func:`gumbel_parameters`.
        mass_number: as there.
        model: as there.

    Raises:
        StudyError: the model is not known.

    Examples:
        >>> round(float(quantile(0.5, 19.0, 1, "EPOS-LHC")), 1)
        795.9
    """
    location, scale, shape = gumbel_parameters(log10_energy, mass_number, model)
    return location - scale * np.log(special.gammainccinv(shape, np.asarray(probability, np.float64)) / shape)


def mean(log10_energy: ArrayLike, mass_number: ArrayLike, model: str) -> NDArray[np.float64]:
    """<X_max> in g/cm2: mu + sigma (ln lambda - psi(lambda)), psi being the digamma function.

    Args:
        log10_energy: as in :func:`gumbel_parameters`.
        mass_number: as there.
        model: as there.

    Raises:
        StudyError: the model is not known.
    """
    location, scale, shape = gumbel_parameters(log10_energy, mass_number, model)
    return location + scale * (np.log(shape) - special.digamma(shape))


def variance(log10_energy: ArrayLike, mass_number: ArrayLike, model: str) -> NDArray[np.float64]:
    """Variance of X_max in (g/cm2)^2: sigma^2 psi'(lambda), psi' being the trigamma function.

    Args:
        log10_energy: as in :func:`gumbel_parameters`.
        mass_number: as there.
        model: as there.

    Raises:
        StudyError: the model is not known.
    """
    _, scale, shape = gumbel_parameters(log10_energy, mass_number, model)
    return scale**2 * special.polygamma(1, shape)


def _polynomial(x: NDArray[np.float64], coefficients: Sequence[ArrayLike]) -> NDArray[np.float64]:
    result = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        result = result * x + np.asarray(coefficient)
    return result
