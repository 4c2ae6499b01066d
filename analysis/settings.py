"""Sections of a file with settings, such as a user's own ``law_user.cfg``.

Only the standard library is used: a stranger with a capsule has nothing else.
"""

from __future__ import annotations

import configparser
import io
from pathlib import Path

__all__ = ["sections_of"]


def sections_of(file: Path, kept: tuple[str, ...]) -> str:
    """The text of some sections; empty if there are none, or no such file.

    Args:
        file: in law's format.
        kept: what their names begin with.

    Raises:
        configparser.Error: the file is in another format.
    """
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(file, encoding="utf-8")
    for section in parser.sections():
        if not section.startswith(kept):
            parser.remove_section(section)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue().strip()
