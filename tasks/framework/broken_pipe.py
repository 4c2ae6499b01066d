"""Standard output that somebody stops to read, as ``head`` does: the command goes on, and says no more."""

from __future__ import annotations

import io
import os
import stat
import sys

__all__ = ["outlive_readers"]


class _Pipe(io.TextIOWrapper):
    """A text stream into a pipe that becomes a stream to nowhere when its reader is gone."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._go_nowhere()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._go_nowhere()

    def _go_nowhere(self) -> None:
        # what is in the buffer goes there as well
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def outlive_readers() -> None:
    """Let this process outlive whoever reads its standard output, if that is a pipe."""
    stream = sys.stdout
    # another kind of stream is a test's or a notebook's
    if type(stream) is not io.TextIOWrapper or not stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
        return
    stream.flush()
    sys.stdout = _Pipe(
        stream.buffer,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
