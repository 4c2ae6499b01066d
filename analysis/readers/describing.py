"""Describe many files of events, several at a time, on this machine and on servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from analysis.errors import ErumflowError
from analysis.provenance.remote.faults import UnreachableError
from analysis.provenance.remote.options import Options
from analysis.readers.file_description import FileDescription, describe_file
from analysis.source_files import place_of_data
from analysis.step import Step

__all__ = ["describe_files"]

# on servers, most of the time is waiting
_AT_ONCE = 8


def describe_files(
    addresses: Iterable[str],
    *,
    tree: str = "",
    read: Step | None = None,
    options: Options | None = None,
    known: Callable[[str], FileDescription | None] = lambda address: None,
    done: Callable[[FileDescription | None, bool], None] = lambda description, new: None,
) -> tuple[list[FileDescription], dict[str, str]]:
    """Describe files, several at a time.

    Args:
        addresses: absolute paths and addresses.
        tree: name of the tree; empty for the only one.
        read: reader of the files; by default, the endings of their names decide.
        options: how servers are talked to.
        known: what is known of a file and still true, or ``None``; asked from several threads.
        done: called after each file with its description, ``None`` if it has none, and whether it was made now.

    Returns:
        Descriptions in the order of the addresses; and why files have none, by address.
    """
    listed = list(addresses)
    way = options or Options()
    found: dict[str, FileDescription] = {}
    problems: dict[str, str] = {}
    gone = _Gone()

    def one(address: str) -> tuple[FileDescription, bool]:
        gone.check(address)
        try:
            if (old := known(address)) is not None:
                return old, False
            return describe_file(address, tree=tree, read=read, options=way), True
        except UnreachableError as error:
            gone.add(address, error)
            raise

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        waiting = {pool.submit(one, address): address for address in listed}
        for future in as_completed(waiting):
            address = waiting[future]
            new = False
            try:
                found[address], new = future.result()
            except ErumflowError as error:
                # the only cure that is an option of the command
                problems[address] = f"{error.problem}; {error.cure}" if "--tree" in error.cure else error.problem
            # a reader that fails with one file must not keep the others from being described
            except Exception as error:
                problems[address] = f"{type(error).__name__}: {' '.join(str(error).split())}"
            done(found.get(address), new)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [found[one] for one in listed if one in found], {one: problems[one] for one in listed if one in problems}


class _Gone:
    """Servers that did not answer: the others of their files are not tried, which would take hours."""

    def __init__(self) -> None:
        self._reasons: dict[str, UnreachableError] = {}
        self._lock = threading.Lock()

    def add(self, address: str, error: UnreachableError) -> None:
        """Remember that the server of an address does not answer."""
        with self._lock:
            self._reasons.setdefault(place_of_data(address), error)

    def check(self, address: str) -> None:
        """Raise what the server of an address did not answer before."""
        with self._lock:
            if (error := self._reasons.get(place_of_data(address))) is not None:
                raise error
