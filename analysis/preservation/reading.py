"""Files that others have made: ordinary ones, and JSON of a depth that can be read.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, BinaryIO

from analysis.provenance import plain_files

__all__ = ["content_of", "json_of", "opened"]


def json_of(text: bytes | str) -> Any:
    """Read JSON.

    Raises:
        ValueError: it is none, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def opened(file: Path) -> BinaryIO:
    """Open a file for reading; nothing waits for whoever writes into a pipe, and no link is followed.

    Raises:
        OSError: it cannot be opened, or is no ordinary file.
    """
    return io.BufferedReader(plain_files.reading(file))


def content_of(file: Path) -> bytes:
    """The content of an ordinary file.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    with opened(file) as stream:
        return stream.read()
