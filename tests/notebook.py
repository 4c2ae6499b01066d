"""Runs a notebook's cells in order in one fresh Python process and tells what they show, without Jupyter.

``python -m tests.notebook`` runs the notebook in docs on a copy of the project and writes its outputs into it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.tasks.project import Project, new_project

__all__ = ["NOTEBOOK", "notebook_project", "outputs", "run"]

REPOSITORY = Path(__file__).resolve().parent.parent
NOTEBOOK = REPOSITORY / "docs" / "notebook.ipynb"

# as IPython does: "!" begins a command of the shell, the value of the last line is shown in every way that it knows
_DRIVER = """
import ast, base64, contextlib, io, json, subprocess, sys
names, found = {"__name__": "__main__"}, []
WAYS = {"text/html": "_repr_html_", "image/png": "_repr_png_"}

def shown(value):
    ways = {kind: getattr(value, way)() for kind, way in WAYS.items() if hasattr(type(value), way)}
    if hasattr(type(value), "_repr_mimebundle_"):
        ways |= value._repr_mimebundle_(None, None)
    return {"text/plain": repr(value), **ways}

for source in json.load(sys.stdin):
    printed, data = io.StringIO(), None
    lines = [f"run_shell({line[1:]!r})" if line.startswith("!") else line for line in source.splitlines()]
    def run_shell(command):
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout, end="")
    names["run_shell"] = run_shell
    body = ast.parse("\\n".join(lines)).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    if value is not None:
        data = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in shown(value).items()}
    found.append({"printed": printed.getvalue(), "data": data})
json.dump(found, sys.stdout)
"""


def run(cells: list[dict[str, Any]], project: Project) -> list[list[dict[str, Any]]]:
    """Run the cells of code and return the outputs of each, as a notebook has them."""
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        input=json.dumps(code),
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [outputs(one["printed"], one["data"], number) for number, one in enumerate(json.loads(done.stdout), 1)]


def outputs(printed: str, data: dict[str, str] | None, number: int) -> list[dict[str, Any]]:
    """What a cell printed and the value that it ends in, in the notebook's format (nbformat 4)."""
    found: list[dict[str, Any]] = []
    if printed:
        found.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if data is not None:
        bundle = {k: v if k.startswith("image/") else v.splitlines(keepends=True) for k, v in sorted(data.items())}
        found.append({"data": bundle, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return found


def notebook_project(repository: Path, folder: Path, mirror: Path) -> Project:
    """A copy of the project that has the examples among its studies."""
    shutil.copytree(repository / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    project = new_project(repository, folder, "airshower", mirror)
    for name in ("setup.sh", "pyproject.toml", "LICENSE"):
        shutil.copy(repository / name, project.folder)
    (project.folder / "law_user.cfg").write_text("[studies]\npath: ../examples\n")
    return project


def _write(mirror: Path) -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    with tempfile.TemporaryDirectory() as folder:
        found = run(notebook["cells"], notebook_project(REPOSITORY, Path(folder), mirror))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, own) in enumerate(zip(code, found, strict=True), 1):
        cell |= {"execution_count": number, "outputs": own}
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    _write(Path(sys.argv[1]).resolve())
