"""Write a new study of files of events: a catalogue, a schema, and stages that select, count and draw."""

from __future__ import annotations

import keyword
import math
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.catalogues import read_catalogue
from analysis.datasets import Dataset
from analysis.errors import ErumflowError, StudyError
from analysis.new_study.writing import free_place, write_templates
from analysis.readers.catalogue_content import catalogue_of, names_of, places_of
from analysis.readers.catalogue_notes import same_content
from analysis.readers.catalogue_writing import write_catalogue
from analysis.readers.choice import suffix_of
from analysis.readers.chunks import read_chunk
from analysis.readers.file_description import FileDescription
from analysis.readers.opening import Access
from analysis.schema import Column, Schema

__all__ = ["write_study_of_files"]

# columns that the study reads at first
_COLUMNS = 40
# events that tell whether a column can be read, and its range
_EVENTS = 1000
_WIDTH = 120

_STUDY = '''"""The study {name}: events from files, selected, counted and drawn."""

import analysis.study as s
from {name}.settings import Window

{head}

study = s.Study(
    "{name}",
    title="{name}",
    datasets=(
        # of simulated events: "simulated", with cross_section=... in pb and generated=..., the number of events before
        # any selection; of measured ones, luminosity=... in 1/fb
{datasets}
    ),
    stages=(
{stages}
    ),
)
'''


@dataclass(frozen=True)
class _Group:
    """Files that are read alike.

    Args:
        suffix: what their names end with in the study; empty if there is one group only.
        catalogue: name of their catalogue.
        columns: that are read, the ones that have another name in the file with it.
        more: how many columns are left out for their number.
        skipped: why columns are left out, by name.
        window: column, lowest and highest value of what is drawn.
        local: whether all files are on this machine.
    """

    suffix: str
    catalogue: str
    columns: tuple[Column, ...]
    more: int
    skipped: dict[str, str]
    window: tuple[str, float, float]
    local: bool


def write_study_of_files(name: str, folder: Path, found: Sequence[FileDescription], access: Access) -> tuple[Path, ...]:
    """Write a small complete study of files of events, and overwrite nothing.

    Files of one format, with events in one tree, are a data set.

    Args:
        name: of the study and its package.
        folder: that the study's own folder is made in.
        found: descriptions of the files.
        access: the way to them.

    Returns:
        The files that were written.

    Raises:
        StudyError: the name cannot be that of a study or of a package, or is taken; files have no column together
            that can be read.
    """
    place = free_place(name, folder)
    grouped: dict[tuple[str, str], list[FileDescription]] = {}
    for one in found:
        grouped.setdefault((suffix_of(one.address), one.tree), []).append(one)
    suffixes = _suffixes(list(grouped))
    groups, contents = [], {}
    for suffix, files in zip(suffixes, grouped.values(), strict=True):
        catalogue = f"files{suffix}.yaml"
        addresses = [one.address for one in files]
        contents[catalogue] = catalogue_of(
            files, places_of(addresses, "", ""), names_of(addresses, {}), place / catalogue, ""
        )
        groups.append(_group(suffix, catalogue, files, contents[catalogue], access))
    text = _STUDY.format(
        name=name,
        head="\n".join(line for group in groups for line in _head(group)),
        datasets="\n".join(line for group in groups for line in _dataset(group)),
        stages="\n".join(line for group in groups for line in _stages(name, group)),
    )
    shown = ", ".join(f"`{catalogue}`" for catalogue in contents)
    try:
        written = write_templates(name, place, "template_of_files", {"CATALOGUES": shown})
        for catalogue, content in contents.items():
            write_catalogue(content, place / catalogue)
            # what cannot be read is not to be found out later
            read_catalogue(place / catalogue)
        (place / "study.py").write_text(text, encoding="utf-8")
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return (*written, place / "study.py", *(place / catalogue for catalogue in contents))


def _suffixes(groups: list[tuple[str, str]]) -> list[str]:
    """Endings of the names of catalogues, data sets and stages, for each group of a format and a tree."""
    if len(groups) == 1:
        return [""]
    formats = [one for one, _ in groups]
    found = []
    for number, (suffix, tree) in enumerate(groups):
        words = suffix if formats.count(suffix) == 1 else f"{suffix}_{tree}"
        plain = "_" + re.sub(r"\W+", "_", words.lower()).strip("_")
        found.append(plain if plain not in found else f"{plain}_{number}")
    return found


def _group(
    suffix: str, catalogue: str, files: Sequence[FileDescription], content: dict[str, Any], access: Access
) -> _Group:
    if same := same_content(files):
        raise StudyError(
            f"{', '.join(same)} have the same content: their events would count twice", cure="leave one of them out"
        )
    shared = {name: kind for name, kind in content.get("columns", {}).items() if kind}
    tried = [_column(name, kind) for name, kind in list(shared.items())[:_COLUMNS]]
    readable, unread = _readable(files[0], tried, access)
    skipped = unread | content.get("others", {})
    if not readable:
        problem = next(iter(skipped.values()), "they have none that all of them have")
        raise StudyError(
            f"no column of the files can be read ({', '.join(one.address for one in files[:3])}): {problem}",
            cure="describe them (law run DescribeFiles), and write a reader of your own: read=Step(...)",
        )
    return _Group(
        suffix,
        catalogue,
        tuple(column for column, _ in readable),
        max(len(shared) - _COLUMNS, 0),
        skipped,
        _window(readable),
        all(one.is_local for one in files),
    )


def _column(name: str, kind: str) -> Column:
    """A column with a name that a step can write after a point."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "column"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    plain = f"{plain}_" if keyword.iskeyword(plain) or plain == "identity" else plain
    return Column(plain, kind, source=name if name != plain else "")


def _readable(
    file: FileDescription, columns: Sequence[Column], access: Access
) -> tuple[list[tuple[Column, Any]], dict[str, str]]:
    """Columns whose first events can be read, with their values, and why others cannot."""
    found, skipped = [], {}
    names = set[str]()
    for column in columns:
        try:
            if column.name in names:
                raise StudyError(f"another column is called {column.name!r}, too")
            found.append((column, _first_events(file, column, access)))
            names.add(column.name)
        except ErumflowError as error:
            # values are lacking
            cure = f"say missing=({_quoted(column.name)},) to read it: " if "say missing=" in error.cure else ""
            skipped[column.in_file] = cure + error.problem.removeprefix(f"{file.address}: ")
    return found, skipped


def _first_events(file: FileDescription, column: Column, access: Access) -> Any:
    (name,) = names_of([file.address], {}).values()
    kind, _, digest = file.identity.partition(":")
    source = _source(file, name, digest if kind == "sha256" else "")
    dataset = Dataset("data", "", "measured", (source,), Schema(file.tree, (column,)), in_place=True)
    return read_chunk(None, dataset, 0, min(file.events, _EVENTS), access=access)[column.name]


def _source(file: FileDescription, name: str, sha256: str) -> Any:
    from analysis.source_files import SourceFile

    checksum = "" if sha256 else file.identity
    return SourceFile(name, file.address, sha256, file.size, file.events, checksum=checksum)


def _window(columns: Sequence[tuple[Column, Any]]) -> tuple[str, float, float]:
    """Choose what is drawn: the first column of numbers that differ, those with a point first; else lengths."""
    import awkward as ak
    import numpy as np

    def rank(one: tuple[Column, Any]) -> int:
        column, values = one
        if column.number in ("bool", "string") and "*" not in column.type:
            return 4
        if "*" in column.type:
            return 2
        if len(set(np.asarray(values[:100]).tolist())) < 2:
            return 3
        return 0 if column.number.startswith("float") else 1

    column, values = min(columns, key=rank)
    if rank((column, values)) == 4:
        raise StudyError("the files have no column of numbers", cure="write a reader of your own: read=Step(...)")
    numbers = np.asarray(ak.num(values) if "*" in column.type else values, np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    step = 10.0 ** math.floor(math.log10(high - low or abs(high) or 1.0))
    return column.name, math.floor(low / step) * step, (math.floor(high / step) + 1) * step


def _head(group: _Group) -> list[str]:
    end = group.suffix.upper()
    lines = [f'FILES{end} = s.catalogue("{group.catalogue}")', f"SCHEMA{end} = s.Schema(", f"    FILES{end}.tree,"]
    lines += [
        "    (",
        "        # name, type, unit: fill in what is known; where types of files differ, the widest reads all",
    ]
    for one in group.columns:
        source = f", source={_quoted(one.source)}" if one.source else ""
        lines.append(f'        s.Column({_quoted(one.name)}, {_quoted(one.type)}, ""{source}),')
    if group.more:
        lines.append(f"        # and {group.more} more: see {group.catalogue}")
    for name, problem in list(group.skipped.items())[:_COLUMNS]:
        lines.append(f"        # not {name}: {' '.join(problem.split())}"[:118])
    if (left := len(group.skipped) - _COLUMNS) > 0:
        lines.append(f"        # nor {left} more that not all files have alike: see others in {group.catalogue}")
    column, low, high = group.window
    return [
        *lines,
        "    ),",
        ")",
        f"# of the first {_EVENTS:,} events",
        f"WINDOW{end} = Window({_quoted(column)}, {float(f'{low:.9g}')}, {float(f'{high:.9g}')})",
    ]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dataset(group: _Group) -> list[str]:
    end = group.suffix.upper()
    arguments = [f'"data{group.suffix}"', '"Data"', '"measured"', f"FILES{end}.files", f"SCHEMA{end}"]
    if group.local:
        return _call("s.Dataset", arguments)
    comment = "        # read where they are; copied into the store without in_place"
    return [comment, *_call("s.Dataset", [*arguments, "in_place=True"])]


def _stages(name: str, group: _Group) -> list[str]:
    end, window = group.suffix, f"WINDOW{group.suffix.upper()}"
    column = group.window[0]
    only = [f'datasets=("data{end}",)'] if end else []
    of = [f'of={{"selected": "selected{end}"}}'] if end else []
    captions = f'captions=(("spectrum", {_quoted(column)}, {_quoted(f"Distribution of {column}.")}),)'
    return [
        *_call("s.Events", [f'"selected{end}"', f's.Step("{name}.steps:select", {window})', *only, "selects=True"]),
        *_call("s.Result", [f'"means{end}"', f's.Step("{name}.steps:measure", {window})', *of]),
        *_call("s.Figures", [f'"spectra{end}"', f's.Step("{name}.steps:draw", {window})', *of, captions]),
    ]


def _call(function: str, arguments: Sequence[str]) -> list[str]:
    """A call as formatters write it: in one line, its arguments in one, or in a line each."""
    together = ", ".join(arguments)
    if len(one := f"        {function}({together}),") <= _WIDTH:
        return [one]
    inside = [f"            {together}"]
    if len(inside[0]) > _WIDTH:
        inside = [f"            {argument}," for argument in arguments]
    return [f"        {function}(", *inside, "        ),"]
