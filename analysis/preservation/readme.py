"""A capsule's README.md: what a stranger reads first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.citation import Citation
from analysis.inference.rounding import measured_text
from analysis.preservation.contents import NOT_STATED
from analysis.preservation.expectations import Expectation, Tolerance
from analysis.preservation.inputs import Input
from analysis.preservation.sources import in_words

__all__ = ["README", "Readme", "readme"]

#: where in the capsule it is
README = "README.md"
# what a folder or file of a capsule is; those that a capsule has are told of
_MEMBERS = {
    "results/": "numbers with their uncertainties, page, figures, statistical model, tables for HEPData, networks",
    "expectations.json": "the numbers and tables that must come out, how far they may be off, and why",
    "source/": "the code and its files, with version and digest of every package that it needs (`requirements.lock`)",
    "records/": "how every intermediate result was made: code, parameters, seeds, packages, times, digests",
    "inputs.json": "what comes from outside, with addresses and digests",
    "data/": "events that come from outside",
    "store/": "intermediate results that the rerun begins with",
    "wheels/": "the packages themselves, for a rerun without network",
    "environment/": "recipes of a container with the same packages (Docker, Apptainer)",
    "capsule.json": "the study, the command that makes the results, and the digest of every file here",
    "ro-crate-metadata.json": "the same for machines: RO-Crate 1.1, Provenance Run Crate",
    "provenance.json": "where every intermediate result comes from, as W3C PROV",
    "CITATION.cff": "how to cite it",
    "reana.yaml": "the rerun on REANA",
}

_PAGE = """\
# {title}

{description}

This is a *capsule*: one file with a complete analysis, from its data to its numbers, that checks itself. Its results
are of {date} (Python {python}, {machine}), made with {project}{commit}.{authors}

## Look at it first

This file is a program. Whoever has it from somebody unknown looks at it with a program of their own, which runs nothing
of it: from a clone of {project}, `python -m tasks.rerun verify {file}`.

## Rerun it

    python3 {file}

This takes Linux, bash and Python 3.11, 3.12 or 3.13. It checks the file, makes a fresh environment of the same packages
in a new folder, runs the whole analysis there (`{command}`) and compares.
What was interrupted goes on when started again. Nothing outside the folder is touched. It is given no tokens, keys or
proxies of yours; `--no-network --container` keeps it from your network and your files (Linux with bubblewrap). All
options: `python3 {file} --help`.

{frozen}## What the table means

At the end there is a line for every number: preserved, rerun, their difference, the tolerance (how large it may be),
and a verdict. Its uncertainties are compared, too; those that differ have lines of their own. A table has one line: how
many values it has, and the one that differs most; all of them are in `verdict.json`.

- `same bits`: not one digit differs. With the same type of processor and the same packages, nothing else will do.
- `agrees`: another processor or other packages round differently, and the difference is within what that can do.
- `DIFFERS`: it is not the same result. The first intermediate result that differs is named, with what was different in
  its making.

The exit status is 0 only if all agree, 1 if one differs, and 2 if there was no rerun, because the file is
damaged, something is missing, or a step (or the program itself) failed.

## The numbers

| quantity | value | unit | tolerance |
| --- | --- | --- | --- |
{numbers}
{tables}
A tolerance holds where not everything is as it was, and is this large because:

{reasons}

## What is inside

It is an ordinary zip file: `python3 -m zipfile -e {file} FOLDER` unpacks it.

{members}

## What comes from outside

{inputs}

## Without network

{offline}

## Licence

{licence}
"""
_FROZEN = """\
## What was not made by this code

Some of the records behind the numbers are not what the code in this file makes of its inputs:

{lines}

A rerun makes them with this code. Numbers that come out as preserved confirm that this makes no difference; others may
have their reason here.

"""
_FETCHED = """\
- Events are fetched from the addresses in `inputs.json`. Copies that you have from elsewhere serve as well: put each at
  its `mirror` path below a folder, and add `--mirror FOLDER`. Their digests are checked."""
_ASKED_FOR = """\
- Only the authors have {files}. Ask them, put each file at its `mirror` path (`inputs.json`) below
  a folder, and add `--mirror FOLDER`. The content is checked."""
_INSTALLED = """\
- Packages come from where your pip and uv are told to look for them, by default https://pypi.org. A capsule that its
  author makes with `--with-wheels` brings them along."""


@dataclass(frozen=True)
class Readme:
    """Contents that the page is written from.

    Args:
        file: name of the capsule's file.
        title: of the study; may hold LaTeX.
        description: what the study measures, in a sentence or more.
        command: that makes the results, in a shell that has sourced setup.sh.
        python: version that made them.
        machine: and where, such as ``x86_64``.
        published: when they were made (ISO 8601).
        licence: SPDX name of the licence of the study's code and results; empty if it is not stated.
        url: of the study; empty if it has none.
        commit: of its code, in git; empty if that is not known.
        expected: numbers that must come out.
        inputs: what comes from outside.
        members: names of the capsule's files.
        authors: names; told of a study from outside.
        doi: of the study; empty if it has none.
        project: the framework, for a study from outside; ``None`` for one of its own.
        tables: that must come out, by name, with the tolerance of their values.
        frozen: pinned and adopted records behind the results, in sentences.
    """

    file: str
    title: str
    description: str
    command: str
    python: str
    machine: str
    published: str
    licence: str
    url: str
    commit: str
    expected: Sequence[Expectation]
    inputs: Sequence[Input]
    members: Sequence[str]
    authors: Sequence[str] = ()
    doi: str = ""
    project: Citation | None = None
    tables: Mapping[str, Tolerance] = field(default_factory=dict)
    frozen: Sequence[str] = ()


def readme(page: Readme) -> str:
    """The content of ``README.md``."""
    own = page.project is None
    whose = "Code and results" if own else "The study's code (`source/more/`) and results"
    licence = f"{whose}: {page.licence or NOT_STATED}{' (`source/LICENSE`)' if own else ''}."
    if page.project is not None:
        licence += f" The framework: {page.project.licence} (`source/LICENSE`)."
    return _PAGE.format(
        title=page.title,
        description=page.description,
        date=page.published[:10],
        python=page.python,
        machine=page.machine,
        project=_framework(page),
        commit=f" (commit {page.commit})" if page.commit and own else "",
        authors="" if own else _authors(page),
        file=page.file,
        command=page.command,
        frozen=_FROZEN.format(lines="\n".join(f"- {text}" for text in page.frozen)) if page.frozen else "",
        numbers="\n".join(_number(one) for one in page.expected),
        tables=_tables(page.tables),
        reasons=_reasons([*(one.tolerance for one in page.expected), *page.tables.values()]),
        members="\n".join(f"- `{name}`: {text}" for name, text in _MEMBERS.items() if _has(page, name)),
        inputs=_inputs(page.inputs),
        offline=_offline(page),
        licence=f"{licence} What comes from outside keeps its own." if page.inputs else licence,
    )


def _framework(page: Readme) -> str:
    url = page.url if page.project is None else page.project.url
    name = f"[erumflow]({url})" if url else "erumflow"
    return name if page.project is None else f"{name} {page.project.version}"


def _authors(page: Readme) -> str:
    """Whose study it is, and where its code is kept."""
    lines = [f"Authors: {', '.join(page.authors) or NOT_STATED}"]
    lines += [f"[doi:{page.doi}](https://doi.org/{page.doi})"] if page.doi else []
    where = " of ".join([*([f"commit {page.commit}"] if page.commit else []), *([page.url] if page.url else [])])
    lines += [f"code: {where}"] if where else []
    return f"\n\n{'; '.join(lines)}."


def _number(one: Expectation) -> str:
    known = [(kind, pair) for kind, pair in (("stat", one.stat), ("syst", one.syst)) if pair is not None]
    value = measured_text(one.value, *known) if known else f"{one.value:.6g}"
    title = f"{one.title or one.name} ({one.note})" if one.note else one.title or one.name
    return f"| {_cell(title)} | {value} | {_cell(one.unit)} | {one.allowed:.2g} |"


def _tables(names: Iterable[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return (
        f"\nAll values of these tables are compared, too (`results/results.json` has them): {listed}.\n"
        if listed
        else ""
    )


def _reasons(tolerances: Sequence[Tolerance]) -> str:
    units = {"exact": "no difference", "relative": "of the number", "statistical": "of the statistical uncertainty"}
    return "\n".join(
        f"- `{one.numbers}`: {f'{one.size:g} ' if one.size else ''}{units[one.rule]}; {one.why}"
        for one in dict.fromkeys(tolerances)
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _inputs(inputs: Sequence[Input]) -> str:
    if not inputs:
        return "Nothing: the study simulates its events itself."
    origins = Counter((one.citation or _origin(one), one.doi, one.licence) for one in inputs)
    lines = []
    for (citation, doi, licence), number in origins.items():
        link = f", [doi:{doi}](https://doi.org/{doi})" if doi else ""
        files = "1 file" if number == 1 else f"{number} files"
        lines.append(f"- {citation}{link} ({files}, {f'licence {licence}' if licence else 'no licence stated'})")
    return "\n".join([*lines, "", "Addresses and digests of all files: `inputs.json`."])


def _origin(one: Input) -> str:
    if one.is_served or not one.mirror:
        return one.address
    return f"{one.title}: {'in this file' if one.is_inside else 'with the authors'}"


def _offline(page: Readme) -> str:
    members = set(page.members)
    lacking = [one for one in page.inputs if one.mirror and not one.is_inside and f"data/{one.mirror}" not in members]
    private = [one for one in lacking if one.is_private]
    # what begins with records needs no events
    if _has(page, "store/"):
        lacking, private = [], []
    fetched = [_FETCHED] if len(lacking) > len(private) else []
    asked = [_ASKED_FOR.format(files=in_words(private))] if private else []
    installed = [] if _has(page, "wheels/") else [_INSTALLED]
    return "\n".join([*fetched, *asked, *installed]) or "All that a rerun needs is in the file."


def _has(page: Readme, name: str) -> bool:
    """Whether the capsule has a file, or files in a folder."""
    return any(member == name or (name.endswith("/") and member.startswith(name)) for member in page.members)
