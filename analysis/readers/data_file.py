"""Files of events, open for reading: on this machine, or on a server and read in place."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Files

__all__ = ["Content", "DataFile", "merged"]

# what readers ask for byte by byte comes in blocks
_BLOCK = 1 << 15
_BLOCKS = 64
# what lies between two ranges is read along rather than asked for anew, up to so many bytes
_GAP = 1 << 12

Range = tuple[int, int]


class Content(ABC):
    """The bytes of a file, by ranges."""

    @abstractmethod
    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        """Bytes of ranges (start, stop) that do not overlap."""

    def confirm(self) -> None:  # noqa: B027
        """Raise an error if they are of another file meanwhile."""

    def close(self) -> None:  # noqa: B027
        """End reading."""


class DataFile(io.RawIOBase):
    """A file of events, open for reading: a binary file of Python, with ranges of bytes at once.

    Args:
        name: address or path, for messages.
        size: in bytes.
        content: where the bytes come from.
        path: local path, where it has one.
        file_name: its own name, which tells the format; a copy in the store may be called otherwise.

    Attributes:
        bytes_read: number of bytes that were read of it until now.
        requests: how often something was asked for.
    """

    def __init__(self, name: str, size: int, content: Content, path: Path | None = None, file_name: str = "") -> None:
        super().__init__()
        self.name, self.size, self.path = name, size, path
        self.file_name = file_name or name.rpartition("/")[2]
        self.bytes_read = self.requests = 0
        self._content = content
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._kept: list[tuple[Range, bytes]] = []

    @classmethod
    def local(cls, path: Path, file_name: str = "") -> DataFile:
        """Open a file of this machine, which may have had another name.

        Raises:
            DataError: it does not exist or cannot be read.
        """
        try:
            content = _LocalBytes(path)
        except FileNotFoundError as error:
            raise DataError(f"the file {path} does not exist", cure="bring it back, or correct its address") from error
        except OSError as error:
            raise DataError(
                f"the file {path} cannot be read: {error.strerror}", cure="see to its permissions"
            ) from error
        return cls(str(path), content.size, content, path, file_name)

    @classmethod
    def remote(cls, files: Files, name: str, size: int, confirm: Callable[[], object] = lambda: None) -> DataFile:
        """Open a file of a server; nothing is asked before the first bytes are.

        Args:
            files: of the folder that it lies in.
            name: of the file there.
            size: in bytes.
            confirm: raises an error if the file is another one meanwhile.
        """
        return cls(f"{files.url.rstrip('/')}/{name}", size, _RemoteBytes(files, name, confirm))

    def confirm(self) -> None:
        """Make sure that all that was read is of one file.

        Raises:
            DataError: the file changed on the server meanwhile.
        """
        self._content.confirm()

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        """Contents of ranges of bytes (start, stop), all asked for at once; less at the end of the file.

        Raises:
            StoreError: the server cannot be reached, or does not send them.
        """
        inside = [(min(start, self.size), min(stop, self.size)) for start, stop in wanted]
        needed = [one for one in inside if one[0] < one[1]]
        together = merged(needed, _GAP)
        found = dict(zip(together, self._content.ranges(together), strict=True)) if together else {}
        self.requests += 1
        self.bytes_read += sum(map(len, found.values()))
        starts = [start for start, _ in together]
        return [_cut(one, together, found, starts) if one[0] < one[1] else b"" for one in inside]

    def keep(self, wanted: Sequence[Range]) -> None:
        """Read ranges of bytes, all at once, for a library that asks for them piece by piece afterwards.

        They are kept until other ones are.
        """
        together = merged([one for one in wanted if one[0] < one[1]], _GAP)
        self._kept = list(zip(together, self.ranges(together), strict=True))

    def readinto(self, buffer: Any) -> int:
        """Read what fits into a buffer."""
        view = memoryview(buffer).cast("B")
        start, stop = self._position, min(self._position + len(view), self.size)
        if start >= stop:
            return 0
        if (kept := self.kept(start, stop)) is not None:
            view[: stop - start] = kept
            self._position = stop
            return stop - start
        (content,) = self.ranges([(start, stop)]) if stop - start >= _BLOCK else [self._from_blocks(start, stop)]
        view[: len(content)] = content
        self._position += len(content)
        return len(content)

    def kept(self, start: int, stop: int) -> memoryview | None:
        """A range of bytes, if :meth:`keep` has it."""
        for (first, last), content in self._kept:
            if first <= start and stop <= min(last, first + len(content)):
                return memoryview(content)[start - first : stop - first]
        return None

    def _from_blocks(self, start: int, stop: int) -> bytes:
        first, last = start // _BLOCK, (stop - 1) // _BLOCK
        if lacking := [number for number in range(first, last + 1) if number not in self._blocks]:
            wanted = [(number * _BLOCK, (number + 1) * _BLOCK) for number in lacking]
            self._blocks.update(zip(lacking, self.ranges(wanted), strict=True))
        content = b"".join(self._blocks[number] for number in range(first, last + 1))
        while len(self._blocks) > _BLOCKS:
            self._blocks.popitem(last=False)
        return content[start - first * _BLOCK : stop - first * _BLOCK]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        """Return the place where reading goes on."""
        return self._position

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether one can go to any place: yes."""
        return True

    def close(self) -> None:
        """End reading."""
        if not self.closed:
            self._content.close()
        super().close()


def merged(ranges: Sequence[Range], gap: int) -> list[Range]:
    """Join ranges that overlap, or have less than a gap between them.

    Examples:
        >>> merged([(40, 50), (0, 10), (12, 20)], gap=4)
        [(0, 20), (40, 50)]
    """
    found: list[Range] = []
    for start, stop in sorted(ranges):
        if found and start <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _cut(one: Range, together: list[Range], found: dict[Range, bytes], starts: list[int]) -> bytes:
    whole = together[bisect_right(starts, one[0]) - 1]
    content = found[whole]
    return content if whole == one else content[one[0] - whole[0] : one[1] - whole[0]]


class _LocalBytes(Content):
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._file).st_size
        self._path = path

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        try:
            return [os.pread(self._file, stop - start, start) for start, stop in wanted]
        except OSError as error:
            raise DataError(f"the file {self._path} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        os.close(self._file)


class _RemoteBytes(Content):
    def __init__(self, files: Files, name: str, confirm: Callable[[], object]) -> None:
        self._files, self._name, self._again = files, name, confirm

    def ranges(self, wanted: Sequence[Range]) -> list[bytes]:
        return self._files.read_ranges(self._name, wanted, self._again)

    def confirm(self) -> None:
        # what a server of XRootD has open stays what it was
        if not self._files.url.startswith("root"):
            self._again()

    def close(self) -> None:
        self._files.release(self._name)
