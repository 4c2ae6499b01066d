r"""Asymptotic formulae for test statistics, valid for many events.

All formulae are those of G. Cowan, K. Cranmer, E. Gross and O. Vitells, "Asymptotic formulae for likelihood-based tests
of new physics", Eur. Phys. J. C 71 (2011) 1554 (CCGV in what follows), and of A. L. Read, J. Phys. G 28 (2002) 2693
for :math:`\mathrm{CL}_s`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

__all__ = ["BAND", "cls_expected", "cls_observed", "discovery", "statistic_at_expected_limit"]

BAND = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where expected limits are told: standard deviations of what background alone makes the best strength fluctuate by."""


def discovery(q0: ArrayLike) -> tuple[NDArray, NDArray]:
    r"""Significance and p-value of the hypothesis that there is no signal; CCGV eqs. 52 and 53.

    Args:
        q0: :math:`-2\ln\lambda(0)` where the best strength is positive, else 0 (CCGV eq. 12).

    Returns:
        :math:`Z = \sqrt{q_0}` and :math:`p_0 = 1 - \Phi(Z)`.

    Examples:
        >>> z, p = discovery(25.0)
        >>> float(z), f"{p:.3g}"
        (5.0, '2.87e-07')
    """
    z = np.sqrt(np.maximum(q0, 0.0))
    return z, ndtr(-z)


def cls_observed(q: ArrayLike, q_asimov: ArrayLike) -> NDArray:
    r"""The :math:`\mathrm{CL}_s` of a strength by :math:`\tilde q_\mu`; CCGV eqs. 65 and 66.

    Args:
        q: :math:`\tilde q_\mu` of the data (CCGV eq. 16).
        q_asimov: the same of the Asimov data of background alone, positive.

    Returns:
        :math:`p_\mu / (1 - p_b)`; 1 where ``q_asimov`` is 0.
    """
    q, q_asimov = np.broadcast_arrays(np.maximum(q, 0.0), np.maximum(q_asimov, 0.0))
    root, root_asimov = np.sqrt(q), np.sqrt(q_asimov)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = (q - q_asimov) / (2.0 * root_asimov)
    shift = np.where(root <= root_asimov, root - root_asimov, beyond)
    shift = np.where(root_asimov > 0, shift, 0.0)
    return _ratio(ndtr(-(shift + root_asimov)), ndtr(-shift))


def cls_expected(q_asimov: ArrayLike, deviations: ArrayLike) -> NDArray:
    r"""The :math:`\mathrm{CL}_s` that is found if background alone fluctuates up by so many standard deviations.

    Args:
        q_asimov: :math:`\tilde q_\mu` of the Asimov data of background alone.
        deviations: such as :data:`BAND`.
    """
    root, deviations = np.sqrt(np.maximum(q_asimov, 0.0)), np.asarray(deviations, float)
    return _ratio(ndtr(deviations - root), ndtr(deviations))


def statistic_at_expected_limit(level: float, deviations: ArrayLike) -> NDArray:
    r"""The :math:`\sqrt{\tilde q_{\mu,A}}` at which the expected limits lie; CCGV eq. 89 without its :math:`\sigma`.

    Args:
        level: confidence level of the limit.
        deviations: such as :data:`BAND`.

    Examples:
        >>> print(statistic_at_expected_limit(0.95, [0.0]).round(3))
        [1.96]
    """
    deviations = np.asarray(deviations, float)
    return ndtri(1.0 - (1.0 - level) * ndtr(deviations)) + deviations


def _ratio(above: NDArray, below: NDArray) -> NDArray:
    # far out both underflow: then nothing of the hypothesis is left
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)
