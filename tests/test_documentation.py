"""What README and docs say: links lead somewhere, tasks exist, lines of use make stages."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from luigi.task_register import Register

from analysis.stages import Stage
from analysis.study import Study
from analysis.wiring import check_graph

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
VOCABULARY = (
    *("analysis.study", "analysis.histograms.weight_settings", "analysis.histograms.yield_settings"),
    *("analysis.inference.histfactory_settings", "analysis.inference.measurement_settings"),
    *("analysis.inference.check_settings", "analysis.inference.counting_settings", "analysis.inference.curve_settings"),
    *("analysis.plotting.figure_settings", "analysis.learning.field_settings", "analysis.studies.htautau.networks"),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tasks_exist(page: Path):
    for module in re.findall(r"^tasks\.\w+$", (ROOT / "law.cfg").read_text(), re.MULTILINE):
        importlib.import_module(module)
    # NAME and TASK stand for any of them
    named = set(re.findall(r"law run\s+([A-Z]\w+)", page.read_text())) - {"NAME", "STUDY", "TASK"}
    assert named - set(Register.task_names()) == set()


# python.md needs records of studies: tests/tasks/test_opening.py has its examples
EXAMPLES = [page for page in PAGES if ">>>" in page.read_text() and page.name != "python.md"]


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.name)
def test_examples_give_what_the_page_says(page: Path):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    done = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert done.attempted > 1
    assert done.failed == 0, "the examples that differ are told above"


@pytest.fixture
def h4l(monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    yield importlib.import_module("h4l.study").study
    for name in [name for name in sys.modules if name.partition(".")[0] == "h4l"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("page", "begin", "end"),
    [
        ("statistics.md", "## Standard parts", "## The likelihood"),
        ("learning.md", "## From events", "With k folds"),
    ],
)
def test_lines_of_use_make_stages_that_get_what_they_take(h4l: Study, page: str, begin: str, end: str):
    names: dict[str, Any] = {}
    for module in VOCABULARY:
        names |= vars(importlib.import_module(module))
    names |= {
        "MASS": names["Variable"]("mass", "mass", "GeV", (100.0, 120.0, 140.0), field="m4l"),
        "SIGNAL": names["Region"]("signal", "signal", ()),
        "PROCESSES": h4l.processes,
        "POINTS": names["Points"]((0.0, 1.0), (1.0, 2.0), (0.1, 0.1)),
    }
    text = (ROOT / "docs" / page).read_text()
    lines = text[text.index(begin) : text.index(end)].splitlines()
    made: list[Stage] = []
    for node in ast.parse("\n".join(line[4:] for line in lines if line.startswith("    "))).body:
        if isinstance(node, ast.Expr):
            made.append(eval(compile(ast.Expression(node.value), page, "eval"), names))
        else:
            exec(compile(ast.Module([node], []), page, "exec"), names)
    stages = (h4l.stage("candidates"), *made)
    check_graph(Study("lines", datasets=h4l.datasets, campaigns=h4l.campaigns, processes=h4l.processes, stages=stages))
    assert len(made) > 4
