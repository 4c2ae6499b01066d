"""What a reader of a fit's results has to know before believing them, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.inference.conditional import Fitted
from analysis.inference.rank import rank_of

__all__ = ["listed", "notes_of"]

# names that a sentence lists before it counts the others
_NAMES = 5


def notes_of(fitted: Fitted, freed: Sequence[str] = ()) -> tuple[str, ...]:
    """Sentences about the whole fit: parameters that end at their bounds, expectations that end at zero, and more.

    Args:
        fitted: the best fit.
        freed: parameters of interest that the measurement fixes.
    """
    notes = []
    if freed:
        notes.append(f"fixed by the workspace's measurement, and free here to be measured: {listed(freed)}")
    if fitted.at_bounds:
        bounds = [f"{name} = {fitted.values[fitted.index(name)]:g}" for name in fitted.at_bounds]
        notes.append(f"at a bound of its range: {listed(bounds)}")
    if names := rank_of(fitted).degenerate:
        what = "only a combination" if len(names) > 1 else "nothing"
        notes.append(f"the data tell {what} of {listed(names)}")
    if fitted.at_zero:
        notes.append(
            f"nothing is expected where nothing is observed, in {listed(fitted.at_zero)}: parameters can go no further"
        )
    return tuple(notes)


def listed(names: Sequence[str]) -> str:
    """Join names by commas, and count those beyond the first ones.

    Examples:
        >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e", "f", "g"])
        ('a, b', 'a, b, c, d, e and 2 more')
    """
    text = ", ".join(names[:_NAMES])
    return text if len(names) <= _NAMES else f"{text} and {len(names) - _NAMES} more"
