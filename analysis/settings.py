"""Settings as users write them: sections of a file such as ``law_user.cfg``, and lists of folders.

Only the standard library is used: a stranger with a capsule has nothing else.
"""

from __future__ import annotations

import configparser
import io
import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["folders_in", "folders_text", "sections_of", "without_section"]


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


def without_section(text: str, name: str) -> str:
    r"""Return a file's text without one section; comments elsewhere stay.

    Examples:
        >>> without_section("[a]\nx: 1\n[pins]\ny: 2\n[b]\n", "pins")
        '[a]\nx: 1\n[b]\n'
    """
    kept, leaving = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            leaving = line.strip() == f"[{name}]"
        if not leaving:
            kept.append(line)
    return "".join(kept)


def folders_in(text: str) -> tuple[Path, ...]:
    """The folders that a variable lists as ``PATH`` does; one alone may be an address, ``file://...``.

    Examples:
        >>> [str(folder) for folder in folders_in("/data/copies:/data/more")]
        ['/data/copies', '/data/more']
        >>> [str(folder) for folder in folders_in("file:///data/run 1:2")]
        ['/data/run 1:2']
    """
    scheme = "file://"
    # colons of one that is written so are its own
    named = [text.removeprefix(scheme)] if text.startswith(scheme) else text.split(os.pathsep)
    return tuple(Path(os.path.expanduser(name)) for name in named if name)


def folders_text(folders: Sequence[Path]) -> str:
    """Folders as :func:`folders_in` reads them.

    Raises:
        ValueError: there are several, and a name has what separates them.
    """
    if len(folders) == 1:
        return f"file://{folders[0]}" if os.pathsep in str(folders[0]) else str(folders[0])
    for folder in folders:
        if os.pathsep in str(folder):
            raise ValueError(f"{folder} has {os.pathsep!r} in its name")
    return os.pathsep.join(map(str, folders))
