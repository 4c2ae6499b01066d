"""Check names of studies, data sets, stages and all else that a study names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from analysis.errors import StudyError

__all__ = ["check_known", "check_name", "check_unique", "did_you_mean"]

# names become parts of paths in stores and archives, of options on command lines and of addresses of pages
_ALLOWED = re.compile(r"[A-Za-z0-9_+.-]+")
_LONGEST = 80


def check_name(kind: str, name: str) -> str:
    """Check that a name can be part of a path, of a command and of an address.

    Args:
        kind: what is named, such as ``"data set"``.
        name: to check.

    Returns:
        The name.

    Raises:
        StudyError: it cannot; the message says what is allowed.

    Examples:
        >>> check_name("data set", "Run2012B_DoubleMu")
        'Run2012B_DoubleMu'
        >>> check_name("data set", "../raw")
        Traceback (most recent call last):
        analysis.errors.StudyError: the data set '../raw' has a name with '/'
          cure: use 1 to 80 of the letters A-Z and a-z, digits, and _ + - . between them
    """
    problem = _problem(name)
    if problem:
        shown = f"{name[:_LONGEST]}..." if isinstance(name, str) and len(name) > _LONGEST else name
        raise StudyError(
            f"the {kind} {shown!r} has {problem}",
            cure=f"use 1 to {_LONGEST} of the letters A-Z and a-z, digits, and _ + - . between them",
        )
    return name


def check_unique(kind: str, names: Iterable[str]) -> None:
    """Check names and that no two are the same.

    Args:
        kind: what is named, such as ``"data set"``.
        names: of all of this kind.

    Raises:
        StudyError: a name cannot be used, or is used twice.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        check_name(kind, name)
        if name in seen:
            raise StudyError(
                f"two {kind}s are called {name!r} (numbers {seen[name]} and {number})",
                cure="give each a name of its own",
            )
        seen[name] = number


def check_known(names: Iterable[str], known: Iterable[str], where: str, what: str) -> None:
    """Check that what is named exists.

    Args:
        names: that something names.
        known: names of all that there is of this kind.
        where: what names them, such as ``"the process 'higgs'"``.
        what: is named, such as ``"data set"``.

    Raises:
        StudyError: one does not exist; the message has the nearest name.
    """
    listed = list(dict.fromkeys(known))
    for name in names:
        if name not in listed:
            raise StudyError(
                f"{where} names the {what} {name!r}, which does not exist{did_you_mean(name, listed)}",
                cure=f"use some of: {', '.join(listed)}" if listed else f"there is no {what}",
            )


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Ask whether a similar name was meant; an empty text if no known one is similar.

    Examples:
        >>> did_you_mean("simulatd", ["measured", "simulated"])
        "; did you mean 'simulated'?"
        >>> did_you_mean("pT", ["pt", "eta"])
        "; did you mean 'pt'?"
    """
    texts = [one for one in known if isinstance(one, str)]
    # pT for pt: too short to be near, as difflib counts it
    near = [one for one in texts if one.casefold() == str(name).casefold()]
    near = near or get_close_matches(str(name), texts, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _problem(name: object) -> str:
    if not isinstance(name, str):
        return f"a {type(name).__name__} as its name, not a text"
    if not name:
        return "an empty name"
    if len(name) > _LONGEST:
        return f"a name of {len(name)} characters"
    if not _ALLOWED.fullmatch(name):
        wrong = next(character for character in name if not _ALLOWED.fullmatch(character))
        return f"a name with {'a blank' if wrong == ' ' else repr(wrong)}"
    if ".." in name:
        return "a name with '..'"
    if name[0] in "-.+" or name[-1] == ".":
        return f"a name that {'begins' if name[0] in '-.+' else 'ends'} with {(name[0] if name[0] in '-.+' else '.')!r}"
    return ""
