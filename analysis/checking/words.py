"""Say in words what a value is, and which names are missing or too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.checking.names import did_you_mean

__all__ = ["DEBUG", "and_more", "describe", "list_names", "name_differences"]

#: environment variable that ``--debug`` sets: print tracebacks of a study's own errors, too
DEBUG = "ERUMFLOW_DEBUG"


def describe(value: Any) -> str:
    """Describe a value by its type, for messages.

    Examples:
        >>> describe(None), describe({"x": 1}), describe([1, 2]), describe(1.5)
        ('None', "a dict with the keys 'x'", 'a list of 2', 'the float 1.5')
        >>> import numpy as np
        >>> describe(np.zeros((2, 3)))
        'a NumPy array of float64, shape (2, 3)'
    """
    kind = type(value).__name__
    package = type(value).__module__.partition(".")[0]
    if value is None:
        return "None"
    if package == "awkward" and hasattr(value, "type"):
        text = " ".join(str(value.type).split())
        return f"an awkward {kind.lower()} of the type {text if len(text) < 80 else text[:77] + '...'}"
    if package == "numpy" and hasattr(value, "shape") and kind == "ndarray":
        return f"a NumPy array of {value.dtype}, shape {value.shape}"
    if isinstance(value, Mapping):
        return f"a {kind} with the keys {list_names(value)}" if value else f"an empty {kind}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"a {kind} of {len(value)}"
    if isinstance(value, bool | int | float | str):
        return f"the {kind} {value!r:.60}"
    article = "an" if kind[0] in "AEIOUaeiou" else "a"
    return f"{article} {kind}"


def list_names(names: Iterable[Any], most: int = 8) -> str:
    """List names for a message: the first ones, and how many more there are.

    Examples:
        >>> list_names("abc", most=2)
        "'a', 'b' and 1 more"
        >>> list_names(())
        'nothing'
    """
    every = [repr(name) for name in names]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return (", ".join(every[:most]) + more) or "nothing"


def and_more(number: int, names: Iterable[str] = (), what: str = "", most: int = 8) -> str:
    """A line about faults that are not shown because they are like the one before.

    Args:
        number: of them.
        names: what they are about.
        what: the names are of, such as ``"data set"``.
        most: so many names are told.

    Examples:
        >>> and_more(3, ["zz", "muons", "zz"], "data set")
        '... and 3 more of the same kind (data sets zz, muons)'
    """
    every = list(dict.fromkeys(names))
    told = ", ".join([*every[:most], *(["..."] if len(every) > most else [])])
    kind = f"{what}{'s' * (len(every) != 1)} " if what else ""
    return f"... and {number} more of the same kind{f' ({kind}{told})' if told else ''}"


def name_differences(made: Iterable[str], declared: Iterable[str]) -> list[str]:
    """Compare the names of what was made with those that were declared.

    Returns:
        A text for what is declared and not made, one for what is made and not declared; none if they agree.

    Examples:
        >>> name_differences(["mas"], ["mass"])
        ["'mass' is declared and not made", "'mas' is made and not declared; did you mean 'mass'?"]
    """
    made, declared = list(made), list(declared)
    absent = [name for name in declared if name not in made]
    extra = [name for name in made if name not in declared]
    hint = did_you_mean(str(extra[0]), absent) if len(extra) == 1 else ""
    verb = {True: "is", False: "are"}
    return [
        *([f"{list_names(absent)} {verb[len(absent) == 1]} declared and not made"] if absent else []),
        *([f"{list_names(extra)} {verb[len(extra) == 1]} made and not declared{hint}"] if extra else []),
    ]
