"""Where functions reach zero, many of them side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

__all__ = ["Crossings", "crossings"]

# 2**40 steps are further than anything that is looked for
_DOUBLINGS = 40


class Crossings(NamedTuple):
    """Places where k functions reach zero.

    Attributes:
        places: (k,); the end where it is not reached.
        reached: (k,).
    """

    places: NDArray[np.float64]
    reached: NDArray[np.bool_]


def crossings(
    functions: Callable[[NDArray, NDArray], NDArray],
    begin: ArrayLike,
    step: ArrayLike,
    end: ArrayLike,
    precision: float = 1e-5,
) -> Crossings:
    """Where k functions that rise from a negative value at their begin reach zero.

    They are looked at in steps that double, then between two of them by the method of T. R. Chandrupatla (Adv. Eng.
    Softw. 28 (1997) 145), which needs no more than a few values of a function that is almost a line.

    Args:
        functions: ``f(places (m,), which (m,)) -> (m,)``, the functions' values; ``which`` are the functions' numbers.
        begin: (k,).
        step: the first one, (k,), of the sign of the direction; about as long as the way is expected to be.
        end: where looking ends, (k,); infinite for nowhere.
        precision: of the places, in first steps.

    Examples:
        >>> found = crossings(lambda x, which: x**2 - [4.0, 9.0][int(which[0])], [0.0], [1.0], [np.inf])
        >>> print(found.places.round(4), found.reached)
        [2.] [ True]
    """
    begin, step, end = (np.array(part, float) for part in np.broadcast_arrays(begin, step, end))
    direction = np.sign(step)
    inner, outer = begin.copy(), begin.copy()
    reached, looking = np.zeros(len(begin), bool), np.abs(end - begin) > 0
    for doubling in range(_DOUBLINGS):
        which = np.flatnonzero(looking)
        if not len(which):
            break
        trial = begin[which] + step[which] * 2.0**doubling
        beyond = direction[which] * (trial - end[which]) >= 0
        trial = np.where(beyond, end[which], trial)
        above = functions(trial, which) >= 0
        outer[which] = trial
        reached[which[above]] = True
        inner[which[~above]] = trial[~above]
        looking[which[above | beyond]] = False
    places = np.where(reached, outer, end)
    which = np.flatnonzero(reached)
    if len(which):
        found = elementwise.find_root(
            lambda shares, number: functions(
                begin[number.astype(int)] + step[number.astype(int)] * shares, number.astype(int)
            ),
            ((inner[which] - begin[which]) / step[which], (outer[which] - begin[which]) / step[which]),
            args=(which,),
            tolerances={"xatol": precision, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0},
            maxiter=100,
        )
        places[which] = begin[which] + step[which] * found.x
        reached[which] &= found.success
    return Crossings(places, reached)
