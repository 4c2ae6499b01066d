"""Errors that are told once: equal ones of several data sets, chunks or files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.checking.words import and_more

__all__ = ["kind_of", "more"]

_EVENTS = re.compile(r" for data set (?P<name>\S+?)(, chunk \S+)?$", re.MULTILINE)
_FILE = re.compile(r"the file '(?P<name>[^'\n]+)'")
# what differs between files, and says nothing of what is wrong with them
_OF_A_FILE = re.compile(r"\bhttps?://\S+|\b[0-9a-f]{64}\b|\(\d+ bytes\)")


def kind_of(message: str) -> str:
    r"""The message without what it is about: equal for equal errors.

    Examples:
        >>> kind_of("it fails (steps.py, line 3) for data set zz, chunk events_0-20\n  cure: mend it")
        'it fails (steps.py, line 3)\n  cure: mend it'
    """
    kind = _EVENTS.sub("", message)
    file = _FILE.search(message)
    # in addresses and folders, too
    return re.sub(rf"\S*{re.escape(file['name'])}", "", _OF_A_FILE.sub("", kind)) if file else kind


def more(messages: Sequence[str]) -> str:
    """A line about errors of a kind that are not shown, with the data sets or files that they are about."""
    for what, pattern in (("data set", _EVENTS), ("file", _FILE)):
        if names := [found["name"] for message in messages if (found := pattern.search(message))]:
            return and_more(len(messages), names, what)
    return and_more(len(messages))
