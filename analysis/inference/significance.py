"""Significance of a strength's difference from zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.asymptotics import discovery
from analysis.inference.conditional import Fitted

__all__ = ["Significance", "significance"]


@dataclass(frozen=True)
class Significance:
    """Significance of a signal.

    Args:
        observed: in standard deviations; 0 if the best strength is not positive.
        expected: of the Asimov data of strength 1, its other parameters as the data prefer them at that strength.
        p_value: that background alone looks at least as much like a signal as the data do.
    """

    observed: float
    expected: float
    p_value: float


def significance(fitted: Fitted, name: str) -> Significance:
    """Discovery significance by q0 (CCGV, eq. 12; :mod:`analysis.inference.asymptotics`).

    Raises:
        FitError: a fit did not converge.
    """
    index = np.array([fitted.index(name)] * 2)
    found = fitted.hold(index, np.array([0.0, 1.0]))
    positive = fitted.values[index[0]] > 0.0
    observed, p_value = discovery(found.twice_nll[0] - fitted.twice_nll if positive else 0.0)
    with_signal = fitted.asimov(found.values[1])
    without = with_signal.hold(index[:1], np.zeros(1))
    expected, _ = discovery(without.twice_nll[0] - with_signal.twice_nll)
    return Significance(float(observed), float(expected), float(p_value))
