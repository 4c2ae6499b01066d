"""Check names of studies, data sets, stages and all else that a study names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from analysis.errors import StudyError

__all__ = ["check_apart", "check_known", "check_name", "check_unique", "did_you_mean"]

# names become parts of paths in stores and archives, of options on command lines and of addresses of pages
_ALLOWED = re.compile(r"[A-Za-z0-9_+.-]+")
_LONGEST = 80
_NOMINAL = {"nominal": "events that no shift changes"}
_GROUPS = {"simulated": "all simulated data sets", "measured": "all measured data sets"}
#: words that no name of a kind may be, as they stand where such names do (--datasets simulated,dy), and what they mean
_RESERVED = {
    "campaign": _NOMINAL,
    "data set": {**_GROUPS, **_NOMINAL},
    "process": {"data": "what measured events are counted for"},
    "purpose of data sets": {**_GROUPS, **_NOMINAL},
    "workspace": {"seeds": "the file of the workspaces of single seeds"},
}
# of files that are on a disk already, that one tells them apart
_BY_CASE = {"file"}
# kinds whose names may not have a point, because of what is written so
_POINTS = {"study": "STUDY.TASK", "data set": "DATASET.SHIFT"}


def check_name(kind: str, name: str, of: str = "") -> str:
    """Check that a name can be part of a path, of a command and of an address.

    Args:
        kind: what is named, such as ``"data set"``; some kinds have words that no name may be.
        name: to check.
        of: what it belongs to, such as ``"the study 'htautau'"``.

    Returns:
        The name.

    Raises:
        StudyError: it cannot; the message says what is allowed.

    Examples:
        >>> check_name("data set", "Run2012B_DoubleMu")
        'Run2012B_DoubleMu'
        >>> check_name("data set", "../raw", "the study 'cosmics'")
        Traceback (most recent call last):
        analysis.errors.StudyError: the data set '../raw' of the study 'cosmics' has a name with '/'
          cure: use 1 to 80 of the letters A-Z and a-z, digits, and _ + - . between them
    """
    shown = f"{name[:_LONGEST]}..." if isinstance(name, str) and len(name) > _LONGEST else name
    where = f"the {kind} {shown!r}{f' of {of}' if of else ''}"
    if problem := _problem(name):
        raise StudyError(
            f"{where} has {problem}",
            cure=f"use 1 to {_LONGEST} of the letters A-Z and a-z, digits, and _ + - . between them",
        )
    # capital letters do not tell names apart on all disks
    if meaning := _RESERVED.get(kind, {}).get(name.lower()):
        raise StudyError(f"{where} has a name that means something else: {meaning}", cure="give it another name")
    if kind in _POINTS and "." in name:
        raise StudyError(f"{where} has a name with '.', as in {_POINTS[kind]}", cure="use _ instead")
    return name


def check_unique(kind: str, names: Iterable[str], of: str = "") -> None:
    """Check names and that no two are the same, also where a disk does not tell capital letters from small ones.

    Args:
        kind: what is named, such as ``"data set"``.
        names: of all of this kind.
        of: what they belong to, such as ``"the study 'htautau'"``.

    Raises:
        StudyError: a name cannot be used, or is used twice.
    """
    seen: dict[str, tuple[int, str]] = {}
    where = f" of {of}" if of else ""
    for number, name in enumerate(names, 1):
        check_name(kind, name, of)
        first, same = seen.setdefault(name if kind in _BY_CASE else name.lower(), (number, name))
        if first == number:
            continue
        if same == name:
            raise StudyError(
                f"the {kind} {name!r}{where} is there twice (numbers {first} and {number})",
                cure="give each a name of its own",
            )
        raise StudyError(
            f"the {kind} {name!r}{where} differs from {same!r} in capital letters only, which some disks "
            "do not tell apart",
            cure="give each a name of its own",
        )


def check_apart(kinds: Mapping[str, Iterable[str]], of: str) -> None:
    """Check that names of several kinds, which are written in the same places, are not the same.

    Args:
        kinds: names by what is named.
        of: what they belong to.

    Raises:
        StudyError: two are.
    """
    seen: dict[str, str] = {}
    for kind, names in kinds.items():
        for name in names:
            other = seen.setdefault(name.lower(), kind)
            if other != kind:
                raise StudyError(
                    f"{name!r} is the name of a {other} and of a {kind} of {of}", cure="give each a name of its own"
                )


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
        # some look like letters that may be used
        which = (
            f" ({unicodedata.name(wrong, 'a character without a name')})"
            if wrong.isprintable() > wrong.isascii()
            else ""
        )
        return f"a name with {'a blank' if wrong == ' ' else repr(wrong)}{which}"
    if ".." in name:
        return "a name with '..'"
    if name[0] in "-.+" or name[-1] == ".":
        return f"a name that {'begins' if name[0] in '-.+' else 'ends'} with {(name[0] if name[0] in '-.+' else '.')!r}"
    return ""
