"""Zero crossings of functions, many of them side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

__all__ = ["Crossings", "crossings"]

# 2**40 steps are further than anything that is looked for
_DOUBLINGS = 40
# a function whose values differ by more than the second number in no distance, and none of them is within the first
# one of zero, does not go through zero: it jumps
_NEAR, _FAR = 1e-2, 10.0


class Crossings(NamedTuple):
    """Places where k functions reach zero.

    Attributes:
        places: (k,); the end where it is not reached.
        reached: (k,).
        jumped: where a function is negative up to there and positive beyond, but never near zero, (k,).
    """

    places: NDArray[np.float64]
    reached: NDArray[np.bool_]
    jumped: NDArray[np.bool_]


def crossings(
    functions: Callable[[NDArray, NDArray], NDArray],
    begin: ArrayLike,
    step: ArrayLike,
    end: ArrayLike,
    precision: float = 1e-5,
) -> Crossings:
    """Find where k functions that rise from a negative value at their begin reach zero.

    They are looked at in steps that double, then between two of them by the method of T. R. Chandrupatla (Adv. Eng.
    Softw. 28 (1997) 145), which needs no more than a few values of a function that is almost a line.

    Args:
        functions: ``f(places (m,), which (m,)) -> (m,)``, the functions' values; ``which`` are the functions' numbers.
        begin: (k,).
        step: the first one, (k,), of the sign of the direction; about as long as the way is expected to be.
        end: where looking ends, (k,); infinite for nowhere.
        precision: of the places in first steps, or of the functions' values, whichever is reached first.

    Examples:
        >>> found = crossings(lambda x, which: x**2 - [4.0, 9.0][int(which[0])], [0.0], [1.0], [np.inf])
        >>> print(found.places.round(4), found.reached)
        [2.] [ True]
    """
    begin, step, end = (np.array(part, float) for part in np.broadcast_arrays(begin, step, end))
    # from here on in steps
    last = np.divide(end - begin, step, out=np.zeros(len(begin)), where=step != 0.0)
    known: dict[tuple[int, float], float] = {}

    def values(ways: NDArray, which: NDArray) -> NDArray:
        keys = list(zip(which.tolist(), ways.tolist(), strict=True))
        new = [place for place, key in enumerate(keys) if key not in known]
        if new:
            found = functions(begin[which[new]] + step[which[new]] * ways[new], which[new])
            known.update(zip((keys[place] for place in new), np.asarray(found, float).tolist(), strict=True))
        return np.array([known[key] for key in keys])

    inner, outer = np.zeros(len(begin)), last.copy()
    reached, looking = np.zeros(len(begin), bool), last > 0.0
    for doubling in range(_DOUBLINGS):
        which = np.flatnonzero(looking)
        if not len(which):
            break
        ways = np.minimum(2.0**doubling, last[which])
        above = values(ways, which) >= 0.0
        outer[which[above]] = ways[above]
        reached[which[above]] = True
        inner[which[~above]] = ways[~above]
        looking[which[above | (ways == last[which])]] = False
    places, jumped = end.copy(), np.zeros(len(begin), bool)
    which = np.flatnonzero(reached)
    if len(which):
        found = elementwise.find_root(
            lambda ways, number: values(ways, number.astype(int)),
            (inner[which], outer[which]),
            args=(which,),
            tolerances={"xatol": precision, "xrtol": 0.0, "fatol": precision, "frtol": 0.0},
            maxiter=100,
        )
        # values at both ends of what is left
        low, high = found.f_bracket
        jumped[which] = (np.minimum(np.abs(low), np.abs(high)) > _NEAR) & (np.abs(high - low) > _FAR)
        before = np.where(low < 0.0, *found.bracket)
        places[which] = begin[which] + step[which] * np.where(jumped[which], before, found.x)
        reached[which] &= found.success
    return Crossings(places, reached, jumped)
