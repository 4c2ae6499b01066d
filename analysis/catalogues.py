"""Catalogues of files: what DescribeFiles found of them, in a file beside the study."""

from __future__ import annotations

import fnmatch
import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.checking.names import check_name, did_you_mean
from analysis.errors import StudyError
from analysis.schema import Column, Schema
from analysis.source_files import SourceFile

__all__ = ["FILES", "FORMAT", "Catalogue", "beside", "catalogue", "read_catalogue"]

FORMAT = 1
FILES = "\nfiles:\n"
"""Line that begins the list of files of a catalogue in YAML."""

# DescribeFiles reads what is there, and overwrites nothing else
_ANEW = (
    "delete it, or name another file, and describe the files anew: law run DescribeFiles --files '...' --output FILE"
)

# parts of a catalogue, and what they are
_TEXTS = ("folder", "mirror", "read", "tree", "trees")
_PARTS: dict[str, type] = {"format": int, **dict.fromkeys(_TEXTS, str), "columns": dict, "others": dict, "files": list}
_FIELDS = ("name", "url", "sha256", "size", "events", "mirror", "checksum", "clusters")


@dataclass(frozen=True)
class Catalogue:
    """Files of events and the columns that they have.

    Args:
        path: of the catalogue.
        files: in their order.
        tree: what the columns lie in; empty where files hold one table.
        columns: types by name, of the columns that all files have.
        others: columns that some files lack or have with another type, by name: a sentence each.
        trees: where events lie in several trees, a sentence that says in which.
        read: name of the reader that described the files; empty for the standard ones.
    """

    path: Path
    files: tuple[SourceFile, ...]
    tree: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    trees: str = ""
    read: str = ""

    def matching(self, *patterns: str) -> tuple[SourceFile, ...]:
        """Files whose names match patterns of the shell, such as ``"Run2012B_*"``, each once, in the catalogue's order.

        Raises:
            StudyError: no file matches one of the patterns.
        """
        for pattern in patterns:
            if not any(fnmatch.fnmatchcase(file.name, pattern) for file in self.files):
                names = [file.name for file in self.files]
                raise StudyError(
                    f"no file of the catalogue {self.path} is called {pattern!r}{did_you_mean(pattern, names)}",
                    cure=f"it has: {', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}",
                )
        return tuple(
            file for file in self.files if any(fnmatch.fnmatchcase(file.name, pattern) for pattern in patterns)
        )

    def schema(self, *names: str, missing: tuple[str, ...] = (), missing_value: float = -999.0) -> Schema:
        """A schema of columns with the types that the files have; of all columns if none is named.

        Raises:
            StudyError: a column is in none of the files, or not in all of them; or they have several trees.
        """
        if self.trees:
            raise StudyError(
                f"the catalogue {self.path}: {self.trees}",
                cure="write Schema(TREE, ...) for files that matching(...) picks, or describe them in a catalogue each",
            )
        for name in names:
            if name in self.others:
                raise StudyError(
                    f"the catalogue {self.path}: {self.others[name]}",
                    cure="where only types differ, write a Schema with a type that fits all: "
                    f"Column({name!r}, 'float64'); or leave the column out, or describe files that agree in a "
                    "catalogue of their own",
                )
            if name not in self.columns:
                raise StudyError(
                    f"the catalogue {self.path} has no column {name!r}{did_you_mean(name, self.columns)}",
                    cure=f"use some of: {', '.join(self.columns) or 'it has none'}",
                )
        columns = tuple(Column(name, self.columns[name]) for name in names or self.columns)
        return Schema(self.tree, columns, missing, missing_value)


def beside(name: str) -> str:
    """Path of a file or folder beside the module that asks, for addresses of files that come with a study."""
    return str(_beside(name, 2))


def catalogue(name: str) -> Catalogue:
    """The catalogue in a file beside the module that asks (YAML or JSON), as DescribeFiles writes it.

    Args:
        name: of the file; a path relative to the module's folder, or a whole one.

    Raises:
        StudyError: there is no such file, or it is no catalogue; the message names the place in it.
    """
    return read_catalogue(_beside(name, 2))


def _beside(name: str, depth: int) -> Path:
    asking = sys._getframe(depth).f_globals.get("__file__")
    folder = Path(asking).resolve().parent if asking else Path.cwd()
    return folder / Path(name).expanduser()


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue.

    Addresses of files are relative to its ``folder``, which is relative to the catalogue's own.

    Raises:
        StudyError: there is no such file, or it is no catalogue; the message names the place in it.
    """
    content = _content(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("files"), list):
        raise StudyError(f"{path} is no catalogue of files of format {FORMAT}", cure=_ANEW)
    for name, value in content.items():
        if name not in _PARTS or not isinstance(value, _PARTS[name]):
            what = f"its {name} is {value!r}" if name in _PARTS else f"nothing is called {name!r}"
            raise StudyError(
                f"the catalogue {path}: {what}{did_you_mean(name, _PARTS) if name not in _PARTS else ''}",
                cure=f"it may have: {', '.join(_PARTS)}; or describe the files anew: law run DescribeFiles",
            )
    base = str(content.get("folder") or "")
    if "://" not in base:
        base = str(path.parent / Path(base).expanduser())
    mirror = str(content.get("mirror") or "")
    files = tuple(_file(one, number, path, base, mirror) for number, one in enumerate(content["files"]))
    parts = {name: content[name] for name in ("tree", "columns", "others", "trees", "read") if name in content}
    return Catalogue(path, files, **parts)


def _content(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        near = [one.name for one in path.parent.glob("*") if one.suffix in (".yaml", ".yml", ".json")]
        raise StudyError(
            f"there is no catalogue {path}{did_you_mean(path.name, near)}",
            cure=f"make it: law run DescribeFiles --files '...' --output {shlex.quote(path.name)}",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"the catalogue {path} cannot be read: {error}") from error
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise StudyError(f"the catalogue {path} is no JSON: {error}", cure=f"mend it; or {_ANEW}") from error
    head, mark, files = text.partition(FILES)
    if mark and (found := _lines(files)) is not None and isinstance(parts := _yaml(head, path), dict):
        return {**parts, "files": found}
    return _yaml(text, path)


def _lines(text: str) -> list[Any] | None:
    """Files as DescribeFiles writes them: a line each, which is JSON too and so is read many times faster."""
    try:
        return [json.loads(line.removeprefix("- ")) for line in text.splitlines()]
    except ValueError:
        return None


def _yaml(text: str, path: Path) -> Any:
    import yaml

    try:
        # the loader in C reads thousands of files in the time that the other needs for a hundred
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise StudyError(f"the catalogue {path} is no YAML: {reason}", cure=f"mend it; or {_ANEW}") from error


def _file(one: Any, number: int, path: Path, base: str, mirror: str) -> SourceFile:
    where = f"the catalogue {path}, file {number + 1}"
    if not isinstance(one, dict) or "name" not in one:
        raise StudyError(
            f"{where}: it has no name", cure="write name, size, sha256 or checksum, and events of each file"
        )
    if unknown := [name for name in one if name not in _FIELDS]:
        raise StudyError(
            f"{where} ({one['name']}): nothing is called {unknown[0]!r}{did_you_mean(unknown[0], _FIELDS)}",
            cure=f"use some of: {', '.join(_FIELDS)}",
        )
    try:
        check_name("file", one["name"])
    except StudyError as error:
        raise StudyError(
            f"{where}: {error.problem}", cure=f"{error.cure}; url says where it is, and may hold whatever a path may"
        ) from error
    url = str(one.get("url", one["name"]))
    if "://" not in url and not url.startswith(("/", "~")):
        url = f"{base.rstrip('/')}/{url}"
    clusters = one.get("clusters", ())
    try:
        return SourceFile(
            str(one["name"]),
            url,
            str(one.get("sha256", "")),
            one.get("size"),
            int(one["events"]),
            str(one.get("mirror") or (f"{mirror}/{one['name']}" if mirror else "")),
            str(one.get("checksum", "")),
            tuple(clusters) if isinstance(clusters, list) else clusters,
        )
    except StudyError as error:
        raise StudyError(f"{where}: {error.problem}", cure=error.cure) from error
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(
            f"{where} ({one['name']}): {error!r} is wrong or missing", cure="describe the file anew: DescribeFiles"
        ) from error
