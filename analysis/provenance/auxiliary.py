"""Auxiliary files of steps, such as pile-up histograms and correctionlib files: where they lie and what they hold.

A step names them, ``Step(..., files={"pileup": "pileup.json"})``; their content enters its key. Where a study's code
travels, as in a capsule or in the bundle of a job, those of its files that do not lie in one of its packages travel in
a folder of their own with an index, by which they are found whatever their paths were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.provenance.locks import PROJECT
from analysis.provenance.modules import module_source
from analysis.step import Step

__all__ = ["FOLDER", "content", "digests", "lent", "located", "name_of", "packed", "refuse_changed", "steps_in"]

#: of the files that travel beside the code, in the project's folder
FOLDER = "files"
_INDEX = "index.json"
# by path, state and SHA-256 of what keys of this process were decided with: as for modules, the first look counts
_known: dict[Path, tuple[tuple[int, ...], str]] = {}


def located(step: Step) -> dict[str, Path]:
    """Find the files that a step declares.

    Args:
        step: relative paths are beside the module of its function, which is not imported.

    Returns:
        Absolute paths, by name.

    Raises:
        StudyError: there is no such file; the message names step, file and folder.
    """
    return {name: _packed(step, name) or _found(step, name) for name in step.files}


def digests(step: Step) -> dict[str, str]:
    """SHA-256 of the files that a step declares, by name; each is read once.

    Raises:
        StudyError: see :func:`located`; or one cannot be read.
    """
    return {name: _digest(path) for name, path in located(step).items()}


def lent(step: Step) -> dict[str, Path]:
    """The files that a step gets, by name, once it is known that they hold what its key was decided with.

    Raises:
        StudyError: see :func:`digests`; or one was edited since.
    """
    found = located(step)
    refuse_changed(found.values())
    return found


def refuse_changed(paths: Iterable[Path], by: str = "") -> None:
    """Refuse files that hold something else than when their digests entered keys.

    Args:
        paths: of files.
        by: function that had them in the meantime; empty for none.

    Raises:
        StudyError: one was changed.
    """
    for path in paths:
        digest, (state, _) = _digest(path), _known[path]
        if (now := _state(path)) == state:
            continue
        if path.is_file() and _sha256(path) == digest:
            _known[path] = (now, digest)
        elif by:
            raise StudyError(
                f"{path} was changed while {by} ran, which it is only lent to",
                cure="restore it; let the step write what it makes elsewhere, and run the same command again",
            )
        else:
            raise StudyError(
                f"{path} was edited while the command was running, so its keys do not hold any more",
                cure="run the same command again",
            )


def name_of(digest: str) -> str:
    """Name of the file with that SHA-256, among those that keys of this process were decided with; empty for none."""
    return next((path.name for path, (_, known) in _known.items() if known == digest), "")


def steps_in(value: Any) -> Iterator[Step]:
    """Steps in a study's object, those in settings of steps included; files of data sets are not searched."""
    if isinstance(value, Step):
        yield value
        yield from steps_in(value.settings)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            # a catalogue has thousands
            if (type(value).__name__, field.name) != ("Dataset", "files"):
                yield from steps_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from steps_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from steps_in(member)


def packed(steps: Iterable[Step], lying: Mapping[Path, str]) -> dict[str, Path | bytes]:
    """Files that have to travel beside the code so that steps find theirs, by name below the project's folder.

    Args:
        steps: of a study.
        lying: files that travel with the code, with their names there.

    Returns:
        What is none of these, and the index; empty if nothing is needed.

    Raises:
        StudyError: a file is missing, or was edited since its key was decided.
    """
    found: dict[str, Path | bytes] = {}
    rows: list[dict[str, str]] = []
    for step in steps:
        for name, path in lent(step).items():
            declared = os.fspath(step.files[name])
            if path in lying and not _is_absolute(declared):
                continue
            digest = _digest(path)
            place = lying.get(path) or f"{FOLDER}/{digest[:16]}/{path.name}"
            if path not in lying:
                found[place] = path
            row = {"function": step.function, "name": name, "declared": declared, "file": place, "sha256": digest}
            rows += [row] if row not in rows else []
    if rows:
        found[f"{FOLDER}/{_INDEX}"] = (json.dumps(rows, indent=1) + "\n").encode()
    return found


def content(path: Path) -> bytes:
    """Read the content of a file that its key was decided with.

    Raises:
        StudyError: it was edited since.
    """
    read = path.read_bytes()
    refuse_changed([path])
    return read


def _found(step: Step, name: str) -> Path:
    declared = os.fspath(step.files[name])
    path = Path(os.path.normpath(_folder(step) / _path(step, name, declared)))
    if path.is_file():
        return path
    what = f"the step {step.function!r} declares the file {name!r}: {declared!r}"
    if path.is_dir():
        raise StudyError(f"{what}, which is a folder ({path})", cure="name the files in it, one by one")
    if not path.parent.is_dir():
        raise StudyError(f"{what}, and there is no folder {path.parent}", cure=_CURE)
    near = [one.name for one in sorted(path.parent.iterdir()) if one.is_file()]
    meant = did_you_mean(path.name, near)
    raise StudyError(f"{what}, and there is no {path.name} in {path.parent}", cure=f"{_CURE}{meant}")


_CURE = "correct the path in files={...}: a relative one is beside the module of the step's function"


def _path(step: Step, name: str, declared: str) -> str:
    scheme, marker, _ = declared.partition("://")
    if not marker:
        return os.path.expanduser(declared)
    address = urlsplit(declared)
    if scheme != "file" or address.netloc not in ("", "localhost"):
        raise StudyError(
            f"the step {step.function!r} declares the file {name!r}: {declared!r}, which is not on this machine",
            cure="fetch it and put it beside the study's code; only data sets are read from servers",
        )
    return unquote(address.path)


def _is_absolute(declared: str) -> bool:
    return declared.startswith(("/", "~", "file://"))


def _folder(step: Step) -> Path:
    source = module_source(step.module)
    if source is None:
        raise StudyError(
            f"the step {step.function!r} is of the module {step.module!r}, which does not exist",
            cure="correct its name, or name its folder in [studies] path",
        )
    return source.path.parent.absolute()


def _packed(step: Step, name: str) -> Path | None:
    """The file as it came along with the code; ``None`` if it did not."""
    rows = [row for row in _index(PROJECT / FOLDER / _INDEX) if (row["function"], row["name"]) == (step.function, name)]
    same = [row for row in rows if row["declared"] == os.fspath(step.files[name])]
    # a path that the study makes of the machine's own folders is another one here
    for row in same or (rows if len(rows) == 1 else []):
        path = PROJECT / row["file"]
        if not path.is_file() or _digest(path) != row["sha256"]:
            raise StudyError(
                f"{path} is not what came along with the study's code for the file {name!r} of {step.function!r}",
                cure="unpack the capsule again",
            )
        return path
    return None


@cache
def _index(file: Path) -> list[dict[str, str]]:
    return json.loads(file.read_text()) if file.is_file() else []


def _digest(path: Path) -> str:
    if path not in _known:
        # the state comes first: an edit in between is noticed later rather than never
        state = _state(path)
        try:
            _known[path] = (state, _sha256(path))
        except OSError as error:
            raise StudyError(f"{path} cannot be read: {error.strerror}", cure="make it readable") from error
    return _known[path][1]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
