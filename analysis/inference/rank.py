"""Degrees of freedom and degenerate parameters, from the rank of what fitted parameters can change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.inference.conditional import Fitted
from analysis.inference.prediction import jacobian

__all__ = ["Rank", "rank_of"]

# of singular values, relative to the largest one, with columns of one length
_SMALL = 1e-8
# share of a parameter in the directions that nothing depends on
_SHARE = 1e-3
# events that a bin's standard deviation is taken of, at least
_NONE = 1e-6


class Rank(NamedTuple):
    """Degrees of freedom of a fit and its degenerate parameters, close to its minimum.

    Attributes:
        ndf: degrees of freedom: bins and auxiliary measurements, less the directions in which parameters can move that
            change what is expected of any of them.
        degenerate: parameters that move in directions which change nothing.
    """

    ndf: int
    degenerate: tuple[str, ...]


def rank_of(fitted: Fitted) -> Rank:
    """Find the numerical rank of what fitted parameters can do; those at a bound cannot move.

    It is that of the Jacobian of all expectations, each in units of its standard deviation.

    Args:
        fitted: the best fit.
    """
    model = fitted.model
    expected = np.asarray(model.expected(fitted.values))
    # where nothing is expected and nothing is found, nothing is described
    counted = (expected > 0.0) | (np.asarray(fitted.data.main) > 0.0)
    can_move = fitted.free & np.array([name not in fitted.at_bounds for name in fitted.names], bool)
    measured = fitted.free & fitted.constrained
    widths = np.array([parameter.width or 1.0 for parameter in model.parameters])
    events = jacobian(model, fitted.values)[counted] / np.sqrt(np.maximum(expected[counted], _NONE))[:, None]
    rows = np.concatenate([events, np.diag(1.0 / widths)[measured]])[:, can_move]
    lengths = np.linalg.norm(rows, axis=0)
    # all directions of the parameters, but not those of the rows
    wide = rows.shape[0] < rows.shape[1]
    _, sizes, directions = np.linalg.svd(rows / np.where(lengths > 0.0, lengths, 1.0), full_matrices=wide)
    rank = int(np.sum(sizes > _SMALL * max(sizes.max(initial=0.0), 1.0)))
    shares = np.sum(directions[rank:] ** 2, axis=0)
    names = np.array(fitted.names)[can_move]
    return Rank(len(rows) - rank, tuple(names[shares > _SHARE].tolist()))
