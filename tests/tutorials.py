"""Runs tutorials as notebooks, from an empty store.

``python -m tests.tutorials MIRROR [NUMBER ...]`` runs those of docs and writes the processor time of each into the
table of docs/tutorials/README.md.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
from nbclient import NotebookClient
from traitlets.config import Config

__all__ = ["FOLDER", "TUTORIALS", "exercises", "read", "run"]

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDER = REPOSITORY / "docs" / "tutorials"
TUTORIALS = sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.md"))
"""Names in the order of the course."""


def read(name: str) -> Any:
    """The notebook of a tutorial."""
    return jupytext.read(FOLDER / f"{name}.md")


def exercises(name: str) -> list[list[str]]:
    """Code of the cells that solve each exercise."""
    found: list[list[str]] = []
    begun = False
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            begun = begun or "## Exercises" in cell.source
            found += [[] for _ in re.findall(r"^\*\*\d\.\*\*", cell.source, re.MULTILINE)] if begun else []
        elif begun and found and "hide-cell" in cell.metadata.get("tags", []):
            found[-1].append(cell.source)
    return found


def run(name: str, folder: Path, mirror: Path) -> list[str]:
    """Run all cells of a tutorial in a new process, in an empty folder.

    Args:
        name: of the tutorial.
        folder: to work in; the store is made in it.
        mirror: of the public files.

    Returns:
        What cells wrote to their standard error, warnings above all.

    Raises:
        CellExecutionError: a cell fails.
    """
    work = folder / "work"
    work.mkdir()
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    own = {"ERUMFLOW_STORE": str(folder / "store"), "ERUMFLOW_MIRROR": str(mirror), "PYTHONPATH": path}
    notebook = read(name)
    # sockets of files, for of ports, notebooks that start side by side now and then want the same
    with tempfile.TemporaryDirectory() as sockets:
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
        client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(work)}}, config=config)
        client.execute(env={**os.environ, **own})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(mirror: Path, numbers: list[str]) -> None:
    table = FOLDER / "README.md"
    for name in TUTORIALS:
        if numbers and name[:2] not in numbers:
            continue
        before = _seconds()
        with tempfile.TemporaryDirectory() as folder:
            run(name, Path(folder), mirror)
        told = f"{_seconds() - before:.0f} s"
        row = re.compile(rf"(^\| \[[^]]*\]\({name}\.md\).*\| )[^|]*( \|$)", re.MULTILINE)
        table.write_text(row.sub(rf"\g<1>{told}\g<2>", table.read_text()))
        print(name, told, flush=True)


if __name__ == "__main__":
    _measure(Path(sys.argv[1]).resolve(), sys.argv[2:])
