"""Which definitions ran while records were made, as :mod:`tests.tasks.watching.sitecustomize` noted them."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.provenance.plumbing import is_left_out, is_selecting
from tests.tasks.project import Project

__all__ = ["Made", "check_honesty", "made_records", "watched"]

_WATCHING = Path(__file__).resolve().parent / "watching"


def watched(project: Project, notes: Path, *roots: Path) -> Project:
    """The project, whose commands note what runs for each record.

    Args:
        project: its own code is watched.
        notes: folder for the notes.
        roots: folders with further code, beside the project's.
    """
    notes.mkdir(exist_ok=True)
    variables = {
        "PYTHONPATH": f"{_WATCHING}{os.pathsep}{project.folder}",
        "WATCHED": str(notes),
        "WATCHED_CODE": os.pathsep.join(f"{one}{os.sep}" for one in (project.folder, *roots)),
    }
    return dataclasses.replace(project, variables=project.variables | variables)


_STEPS = """
import json
from tasks.framework.settings import study_named
print(json.dumps([stage.step.function for stage in study_named("{}").stages if stage.step]))
"""


@dataclass(frozen=True)
class Made:
    """A record, and what ran while it was made.

    Args:
        place: of the record.
        label: of the record.
        ran: labels ``module:name`` and ``module:Class.member`` of the functions that ran.
        held: labels of its fingerprint, and of those of all records that it is made of: their keys are in its own.
    """

    place: str
    label: str
    ran: frozenset[str]
    held: frozenset[str]

    def missing(self) -> set[str]:
        """Labels of what ran and is not held."""
        return {label for label in self.ran if not _forms(label) & self.held}


def made_records(project: Project, notes: Path, *roots: Path) -> list[Made]:
    """The records of a project's store that were made while its commands were watched.

    Args:
        project: whose store has the records.
        notes: folder with the notes.
        roots: as for :func:`watched`.
    """
    held = _Held(project.store)
    found = []
    for file in sorted(notes.glob("*.json")):
        note = json.loads(file.read_text())
        codes = (_label(Path(name), qualified, line, (project.folder, *roots)) for name, qualified, line in note["ran"])
        ran = frozenset(label for label in codes if label)
        found.append(Made(note["place"], note["label"], ran, held.labels(note["place"], note["label"])))
    return found


def check_honesty(project: Project, records: Sequence[Made], study: str) -> None:
    """All records of a study were watched, its steps were seen, and keys hold what ran.

    Args:
        project: whose store has the records.
        records: what was made.
        study: its name.
    """
    stored = {path.parent for path in project.store.glob(f"{study}/*/*/*manifest.json")}
    assert {project.store / record.place for record in records} >= stored
    ran = {label for record in records for label in record.ran}
    assert ran >= set(json.loads(project.python(_STEPS.format(study))))
    missing: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for label in record.missing():
            if not (is_left_out(label.partition(":")[0], of_tasks=True) or is_selecting(label)):
                missing[label].add(record.place.split("/")[1])
    assert dict(missing) == {}, dict(missing)


class _Held:
    """Labels of fingerprints by record.

    Args:
        store: folder of the records.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def labels(self, place: str, label: str) -> frozenset[str]:
        """Labels that decide a record."""
        if (place, label) not in self._known:
            name = f"{label}.manifest.json" if label else "manifest.json"
            manifest = json.loads((self._store / place / name).read_text())
            found = set(_labels_in(manifest["parts"]))
            for one in manifest["inputs"]:
                # the records of a series have one key
                found |= self.labels(one["place"], one["labels"][0])
            self._known[place, label] = frozenset(found)
        return self._known[place, label]


def _labels_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("code"), Mapping):
            yield from value["code"]
        for one in value.values():
            yield from _labels_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _labels_in(one)


def _forms(label: str) -> set[str]:
    """Labels that hold a function: its own, its class's, its module's."""
    module, _, name = label.partition(":")
    return {label, f"{module}:{name.partition('.')[0]}", module}


def _label(file: Path, qualified: str, line: int, roots: tuple[Path, ...]) -> str:
    """The label of a code object; empty for the body of a module or class, which defines and is part of others."""
    root = next(root for root in roots if file.is_relative_to(root))
    module = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    statement = next((node for node in _statements(file) if _begins(node) <= line <= (node.end_lineno or line)), None)
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return f"{module}:{name}"
        case ast.ClassDef(name=name, body=body):
            if qualified == name:
                return ""
            inner = next((m for m in body if _begins(m) <= line <= (m.end_lineno or line)), None)
            return f"{module}:{name}.{inner.name}" if isinstance(inner, _FUNCTIONS) else f"{module}:{name}"
        case ast.Assign(targets=[ast.Name(name), *_]) | ast.AnnAssign(target=ast.Name(name)) if "lambda" in qualified:
            return f"{module}:{name}"
    return ""


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _statements(file: Path) -> list[ast.stmt]:
    return list(_flat(ast.parse(file.read_text()).body))


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those below conditions too."""
    for node in body:
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _flat(handler.body)
        else:
            yield node


def _begins(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
