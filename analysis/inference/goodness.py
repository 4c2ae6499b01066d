r"""Goodness of fit by the saturated model.

The statistic is :math:`-2\ln` of the ratio of likelihoods of the best fit and of the saturated model, which describes
every bin and every auxiliary measurement perfectly (S. Baker, R. D. Cousins, Nucl. Instrum. Meth. 221 (1984) 437;
R. D. Cousins, "Generalization of chisquare goodness-of-fit test for binned data using saturated models", 2013). With
many events it follows a :math:`\chi^2` distribution with as many degrees of freedom as there are bins and auxiliary
measurements less the directions in which parameters can change what is expected (:mod:`analysis.inference.rank`); toys
need no such assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.inference.conditional import Fitted
from analysis.inference.rank import rank_of
from analysis.inference.toys import fit_toys

__all__ = ["Goodness", "goodness"]

# a statistic of data that a fit describes exactly, up to rounding
_NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class Goodness:
    """Goodness of a fit to the data.

    Args:
        statistic: of the data.
        ndf: degrees of freedom.
        p_value: by the chi2 distribution; ``None`` without a degree of freedom.
        toys: the statistic of toys drawn from the best fit, (t,).
        converged: whether the toys' fits converged, (t,).
        p_value_toys: probability of a statistic at least as large, from toys that converged: (1 + those at least as
            large) / (1 + all), which is never zero (B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010)
            39); ``None`` without toys.
    """

    statistic: float
    ndf: int
    p_value: float | None
    toys: NDArray[np.float64]
    converged: NDArray[np.bool_]
    p_value_toys: float | None

    def told(self) -> str:
        """For people."""
        if self.ndf < 1 and self.statistic < _NOTHING:
            return "cannot be judged: there are as many free parameters as bins"
        text = f"χ² / ndf = {self.statistic:.1f} / {self.ndf}"
        if self.ndf < 1:
            text = f"χ² = {self.statistic:.1f} without a degree of freedom"
        if self.p_value_toys is not None:
            return f"{text}, p = {self.p_value_toys:.2g} ({int(self.converged.sum())} toys)"
        return text if self.p_value is None else f"{text}, p = {self.p_value:.2g}"


def goodness(fitted: Fitted, toys: int, seed: int) -> Goodness:
    """Compute the goodness of a fit to the data.

    Args:
        fitted: the best fit.
        toys: number of toys; each one's convergence is told.
        seed: of the toys.
    """
    model = fitted.model
    statistic = max(fitted.deviance, 0.0)
    ndf = rank_of(fitted).ndf
    drawn = fit_toys(model, fitted.values, toys, seed, fitted.minima)
    good = drawn.deviance[drawn.converged]
    # as large up to what a minimum is known to
    larger = np.sum(good >= statistic - 1e-6)
    return Goodness(
        statistic=statistic,
        ndf=ndf,
        p_value=float(chdtrc(ndf, statistic)) if ndf > 0 else None,
        toys=drawn.deviance,
        converged=drawn.converged,
        p_value_toys=float((1 + larger) / (1 + len(good))) if len(good) else None,
    )
