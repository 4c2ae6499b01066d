"""Events from ROOT files: trees and RNTuples, in folders, with branches in objects and lists of any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uproot
import uproot.interpretation.grouped
import uproot.interpretation.identify

from analysis.errors import DataError, StoreError
from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, type_of
from analysis.readers.faults import absent_tree, check_events, damaged, needed, sound
from analysis.readers.root_pages import only_clusters, read_pages
from analysis.readers.root_source import DataFileSource
from analysis.schema import Schema

__all__ = ["describe", "read"]

_KIND = "a ROOT file"


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read branches of a tree.

    Args:
        file: to read.
        schema: the tree and its branches; names of branches in objects and of trees in folders have slashes.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that the tree has.

    Returns:
        Arrays by the names that the schema has for them.

    Raises:
        DataError: the file is no ROOT file or damaged; it has no such tree, no such branch, or another number of
            events; a branch is of a kind that cannot be read.
        StudyError: there is no schema.
    """
    schema = needed(schema, file)
    with _opened(file) as content:
        tree = _tree(content, file, schema.tree)
        check_events(tree.num_entries, events, f"{file.name}: the tree {schema.tree!r}")
        return _arrays(tree, file, schema, start, stop)


def describe(file: DataFile, tree: str) -> Description:
    """Describe a tree: its events, clusters and branches.

    Args:
        file: to look at.
        tree: name of the tree; empty for the only one that has events.

    Raises:
        DataError: the file is no ROOT file or damaged; it has no such tree, or several.
    """
    with _opened(file) as content:
        names = _trees(content)
        if not tree:
            # two cycles of a tree are one tree
            trees = {name: content[name] for name in names}
            found = [name for name, one in trees.items() if one.num_entries] or names
            if len(found) != 1:
                raise absent_tree(file, "", "tree", found)
            tree = found[0]
            # reading what describes a thousand branches takes a while
            one = trees[tree]
        else:
            one = _tree(content, file, tree)
        branches = _branches(one)
        # a server is not asked for a first event of everything: what types say has to do
        stop = min(one.num_entries, 1 if file.path else 0)
        columns, problems = _types(one, {n: b for n, b in branches.items() if not _is_group(b)}, stop)
        clusters = _clusters(one)
        return Description(
            one.num_entries, columns, clusters, tree, problems, tuple(name for name in names if name != tree)
        )


def _types(tree: Any, branches: Mapping[str, Any], stop: int) -> tuple[dict[str, str], dict[str, str]]:
    """Types of branches, as their first events have them; and why others cannot be read, by name."""
    if not branches:
        return {}, {}
    try:
        # one by one takes many times as long
        found = _read_branches(tree, branches, 0, stop)
    except (DataError, StoreError):
        raise
    # uproot has no common class for what it cannot interpret
    except Exception as error:
        if len(branches) == 1:
            ((name, branch),) = branches.items()
            return {}, {name: _problem(branch, error)}
        names = list(branches)
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        (some, why), (others, why_not) = (_types(tree, {n: branches[n] for n in half}, stop) for half in halves)
        return some | others, why | why_not
    columns, problems = {}, {}
    for name in branches:
        try:
            columns[name] = type_of(found[name])
        except DataError as error:
            problems[name] = error.problem
    return columns, problems


@contextmanager
def _opened(file: DataFile) -> Iterator[Any]:
    """The content of a file."""
    with sound(file, _KIND):
        # uproot makes its source by the class alone
        source = type("Source", (DataFileSource,), {"data": file})
        name = file.name.rpartition("/")[2]
        with uproot.open({name: None}, handler=source, object_cache=None, array_cache=None) as content:
            # what is cut off at the end may be nothing that is read, but such a file is not the one that was published
            if file.size < content.file.fEND:
                raise damaged(file, _KIND, f"it has {file.size} bytes, its header says {content.file.fEND}")
            yield content


def _trees(content: Any) -> list[str]:
    """Names of the trees of a file, with the folders that they lie in."""
    kinds = content.classnames(recursive=True)
    names = (name.partition(";")[0] for name, kind in kinds.items() if kind in ("TTree", "TNtuple", "ROOT::RNTuple"))
    return list(dict.fromkeys(names))


def _tree(content: Any, file: DataFile, name: str) -> Any:
    names = _trees(content)
    if name not in names:
        raise absent_tree(file, name, "tree", names)
    return content[name]


def _branches(tree: Any) -> dict[str, Any]:
    """All branches of a tree by their names, those in objects with slashes."""
    if hasattr(tree, "iteritems") and not _is_ntuple(tree):
        # the file's own name for an array has its length behind it
        return {name.partition("[")[0]: branch for name, branch in tree.iteritems(full_paths=True)}
    return {field.name: field for field in tree.fields}


def _is_ntuple(tree: Any) -> bool:
    return hasattr(tree, "fields") and not hasattr(tree, "branches")


def _arrays(tree: Any, file: DataFile, schema: Schema, start: int, stop: int) -> dict[str, Any]:
    there = _branches(tree)
    wanted = [column.in_file for column in schema.columns]
    if absent := [name for name in wanted if name not in there]:
        raise absent_columns(absent, there, f"{file.name}: the tree {schema.tree!r}", "branch")
    chosen = {name: there[name] for name in wanted}
    if group := next((name for name, branch in chosen.items() if _is_group(branch)), None):
        parts = [name for name in there if name.startswith(f"{group}/")]
        raise DataError(
            f"{file.name}: the branch {group!r} of the tree {schema.tree!r} is an object with branches of its own",
            cure=f"name some of: {', '.join(parts)}",
        )
    if unknown := next((n for n, b in chosen.items() if _is_unknown(b)), None):
        raise _unreadable(file, schema.tree, unknown, _problem(chosen[unknown], None))
    try:
        return _read_branches(tree, chosen, start, stop)
    except (DataError, StoreError, MemoryError):
        raise
    except Exception:
        # which one it is, and whether all of the file is damaged
        for name, branch in chosen.items():
            try:
                _read_branches(tree, {name: branch}, start, stop)
            except ValueError as error:
                if "wrong number of bytes" in str(error):
                    raise _unreadable(file, schema.tree, name, _problem(branch, error)) from error
                break
            except Exception:
                break
        raise


def _read_branches(tree: Any, wanted: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
    """Read branches, all that have different names of their own at once."""
    how = {"entry_start": start, "entry_stop": stop, "library": "ak", "how": dict}
    if _is_ntuple(tree):
        chosen_by = {"filter_name": lambda name: name in wanted}
        with only_clusters(tree.ntuple, start, stop):
            read_pages(tree, start, chosen_by)
            return dict(tree.arrays(**chosen_by, array_cache=None, **how))
    found: dict[str, Any] = {}
    for batch in _by_own_name(wanted):
        chosen = {id(branch): name for name, branch in batch.items()}
        arrays = tree.arrays(filter_branch=lambda b, chosen=chosen: id(b) in chosen, array_cache=None, **how)
        found |= {name: arrays[branch.name] for name, branch in batch.items()}
    return found


def _by_own_name(wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rest = dict(wanted)
    while rest:
        batch: dict[str, Any] = {}
        own = set[str]()
        for name, branch in rest.items():
            if branch.name not in own:
                own.add(branch.name)
                batch[name] = branch
        rest = {name: branch for name, branch in rest.items() if name not in batch}
        yield batch


def _is_group(branch: Any) -> bool:
    return isinstance(getattr(branch, "interpretation", None), uproot.interpretation.grouped.AsGrouped)


def _is_unknown(branch: Any) -> bool:
    return isinstance(getattr(branch, "interpretation", None), uproot.interpretation.identify.UnknownInterpretation)


def _problem(branch: Any, error: Exception | None) -> str:
    """Type of a branch that cannot be read, and why."""
    try:
        kind = branch.typename
    except Exception:
        kind = "unknown"
    if kind == "unknown":
        # of leaves, as their author wrote them
        kind = str(branch.member("fTitle", none_if_missing=True) or kind) if hasattr(branch, "member") else kind
    reason = getattr(branch.interpretation, "reason", "") if _is_unknown(branch) else str(error or "")
    return f"type {kind}: {' '.join(reason.split()) or type(error).__name__}"


def _unreadable(file: DataFile, tree: str, name: str, problem: str) -> DataError:
    return DataError(
        f"{file.name}: the branch {name!r} of the tree {tree!r} is of a kind that uproot cannot read ({problem}); the "
        "file itself is sound",
        cure="leave it out of the schema, or read it with a reader of your own: read=Step(...)",
    )


def _clusters(tree: Any) -> list[int]:
    """First events of the ranges that lie together in the file."""
    if _is_ntuple(tree):
        return [int(one.num_first_entry) for one in tree.cluster_summaries]
    return [int(one) for one in tree.common_entry_offsets()[:-1]]
