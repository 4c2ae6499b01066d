"""A page for each package whose parts a study, a step or a notebook names, filled from docstrings.

The pages are written to docs/api, which git ignores. What only the framework itself uses (keys, stores, capsules, jobs,
checks) is described in architecture.md; studies use this interface, and their files are shown as they are.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "api"
_LEARNING = ("data", "evaluation", "losses", "networks")
PACKAGES = (
    *("analysis", "analysis.events", "analysis.formats", "analysis.histograms", "analysis.inference"),
    *("analysis.learning", *(f"analysis.learning.{name}" for name in _LEARNING)),
    *("analysis.plotting", "analysis.readers"),
)
#: Of the statistics, what is named in steps and settings; how fits come about is in statistics.md.
_INFERENCE = re.compile(
    r".*settings|checks|counting|curves|few_events|goodness|histfactory|intervals|likelihood|limits|measurement|model|"
    "significance|table_fit|toys|unbinned|workspace_fit"
)
#: Modules of tasks that own tasks and notebooks import; the command line has the tasks themselves.
TASKS = ("opened_study", "opening", "stage_task", "stages")


@cache
def packages() -> dict[str, list[str]]:
    """Names of modules by package."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        folder = ROOT.joinpath(*package.split("."))
        names = [path.stem for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
        if package == "analysis.inference":
            names = [name for name in names if _INFERENCE.fullmatch(name)]
        found[package] = [f"{package}.{name}" for name in names]
    return {**found, "tasks": [f"tasks.{name}" for name in TASKS]}


def page(package: str, modules: list[str]) -> str:
    """The page of a package in reStructuredText."""
    lines = [package, "=" * len(package), "", f".. automodule:: {package}", "   :no-members:", ""]
    for module in modules:
        title = module.removeprefix(f"{package}.")
        lines += [title, "-" * len(title), "", f".. automodule:: {module}", "   :members:", ""]
    return "\n".join(lines)


def write(app: Any) -> None:
    """Write the pages that changed, and take away those of packages that are gone."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    pages = {folder / f"{package}.rst": page(package, modules) for package, modules in packages().items()}
    for path in set(folder.glob("*.rst")) - pages.keys():
        path.unlink()
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _look_up_full_names(app: Any, tree: Any) -> None:
    """Keep Sphinx from looking for types among the last parts of all names: thousands of times, and ambiguous."""
    from sphinx.addnodes import pending_xref

    for node in tree.findall(pending_xref):
        if node.get("refdomain") == "py":
            node.attributes.pop("refspecific", None)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    # before Sphinx looks which pages there are
    app.connect("config-inited", lambda app, config: write(app))
    app.connect("doctree-read", _look_up_full_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
