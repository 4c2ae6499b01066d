"""Errors that the readers of all formats have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from analysis.checking.names import did_you_mean
from analysis.errors import DataError, ErumflowError, StudyError
from analysis.readers.data_file import DataFile
from analysis.schema import Schema

__all__ = ["BRING_BACK", "absent_tree", "check_events", "check_no_tree", "damaged", "needed", "sound", "unreadable"]

BRING_BACK = "bring back a file that is whole; a copy in the store is fetched again after you delete it"
"""Cure for a damaged file, which may be the only one there is."""


def damaged(file: DataFile, kind: str, reason: str) -> DataError:
    """The error that a file is not of a format, or damaged.

    Args:
        file: it.
        kind: of file it should be, such as ``"a ROOT file"``.
        reason: what is wrong with it.
    """
    return DataError(f"{file.name} is not {kind} or is damaged ({reason})", cure=BRING_BACK)


@contextmanager
def sound(file: DataFile, kind: str) -> Iterator[None]:
    """Make one error of whatever a library raises while it reads a damaged file.

    Raises:
        DataError: the file is damaged; an error of this project is raised as it is, even if a library hid it.
    """
    try:
        yield
    except (ErumflowError, MemoryError):
        raise
    # no library has a common class for what a damaged file makes it raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ErumflowError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            raise cause from None
        reason = " ".join(str(error).strip().split("\n")[0].split()).rstrip(".")
        raise damaged(file, kind, reason or type(error).__name__) from error


def needed(schema: Schema | None, file: DataFile) -> Schema:
    """The schema, which standard readers need.

    Raises:
        StudyError: there is none.
    """
    if schema is None:
        raise StudyError(
            f"{file.name} is read without a schema", cure="say which columns are read: schema=Schema(tree, columns)"
        )
    return schema


def check_events(found: int, events: int, where: str) -> None:
    """Check that a file has as many events as the catalogue says.

    Args:
        found: how many it has.
        events: how many the catalogue says.
        where: the file, and the tree in it.

    Raises:
        DataError: it has others.
    """
    if found != events:
        raise DataError(
            f"{where} has {found} events, the catalogue says {events}",
            # of a file that is known by its digest, DescribeFiles keeps what the catalogue says
            cure="correct the number in the catalogue, or delete the catalogue and describe the files anew "
            "(law run DescribeFiles)",
        )


def check_no_tree(file: DataFile, tree: str, kind: str) -> None:
    """Check that no tree is named for a format without any.

    Raises:
        StudyError: one is.
    """
    if tree:
        raise StudyError(
            f"{file.name}: the tree {tree!r} is asked for, but {kind} holds one table without a name",
            cure="leave the tree out: Schema(branches=...)",
        )


def absent_tree(file: DataFile, name: str, kind: str, there: Iterable[str]) -> DataError:
    """The error that a file has no such tree, group or table; it names those that it has.

    Args:
        file: it.
        name: what was asked for; empty for the only one.
        kind: what it is called in the format, such as ``"tree"``.
        there: names of those that the file has.
    """
    names = list(there)
    cure = "correct the tree in the schema of the data set, or fetch the right file"
    if not names:
        return DataError(f"{file.name} has no {kind} {f'{name!r}; it holds none' if name else 'of events'}", cure=cure)
    if name:
        hint = did_you_mean(name, names)
        return DataError(f"{file.name} has no {kind} {name!r}{hint}; it holds: {', '.join(names)}", cure=cure)
    return DataError(
        f"{file.name} has {len(names)} {kind}s: {', '.join(names)}",
        cure="say which one: --tree NAME, or tree in the schema",
    )


def unreadable(where: str, name: str, kind: str, reason: str) -> DataError:
    """The error that a column cannot be read though the file is sound.

    Args:
        where: the file, and the tree in it.
        name: of the column.
        kind: its type in the file.
        reason: why it cannot be read.
    """
    return DataError(
        f"{where}: the column {name!r} is of the type {kind}, which is not read: {reason}; the file itself is sound",
        cure="leave it out of the schema, or read it with a reader of your own: read=Step(...)",
    )
