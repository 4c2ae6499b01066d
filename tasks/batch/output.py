"""Output of a command's processes while there is a table on the terminal: it has to come above the table."""

from __future__ import annotations

import contextlib
import os
import sys

from tasks.framework.reporting import tell

__all__ = ["Output"]


class Output:
    """A pipe that processes print to, and whose lines the command prints."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        self._begun = b""

    def take(self) -> None:
        """From now on this process, a forked one, prints for the command to read what would come to the terminal."""
        for number in (1, 2):
            # errors may go to a file
            if number == 1 or os.isatty(number):
                os.dup2(self._theirs, number)
        # the command's own may lead into its table
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def pass_on(self) -> None:
        """Print what processes printed since the last time."""
        text = self._begun
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self._ours, 65536):
                text += more
        *lines, self._begun = text.split(b"\n")
        for line in lines:
            tell(line.decode(errors="replace"))
