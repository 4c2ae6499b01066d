r"""Texts of others for a terminal: what would command it is shown instead, as in ``\x1b[2J``.

Names and messages come out of capsules, manifests, catalogues and servers. A terminal obeys what stands in them: it
hides lines, renames itself, puts words into its clipboard; characters that turn the direction of writing make one name
look like another. Only the standard library is used: a stranger with a capsule has nothing else.
"""

from __future__ import annotations

import re

__all__ = ["in_a_line", "printable"]

# control characters of ASCII but the end of a line and tabs, and those of Latin-1; what turns the direction of writing;
# the invisible ends of lines and paragraphs; halves of characters, which cannot be written at all
_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# colours and bold letters that law and rich write for us; what is more (hidden, blinking, other grounds) is not ours
_COLOURS = re.compile("(\x1b\\[(?:0|1|0;49;3[1-6]|0;49;9[1-6])m)")
_BREAKS = re.compile("[\t\n]")


def printable(text: str, *, coloured: bool = False) -> str:
    r"""Show what would command a terminal; ends of lines and tabs stay.

    Args:
        text: to be told.
        coloured: whether letters in colours and in bold stay, too.

    Examples:
        >>> print(printable("evil\x1b[2J\u202ename"))
        evil\x1b[2J\u202ename
    """
    if not coloured:
        return _COMMANDS.sub(_shown, text)
    # every second part is a colour
    parts = _COLOURS.split(text)
    return "".join(part if number % 2 else _COMMANDS.sub(_shown, part) for number, part in enumerate(parts))


def in_a_line(text: str) -> str:
    r"""As :func:`printable`, for a name or a cell of a table: ends of lines and tabs are shown, too.

    Examples:
        >>> in_a_line("a\nb")
        'a\\nb'
    """
    return _BREAKS.sub(_shown, printable(text))


def _shown(found: re.Match[str]) -> str:
    return repr(found.group())[1:-1]
