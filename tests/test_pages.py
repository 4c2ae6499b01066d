"""Code blocks and commands of README and docs: of known kinds, and right as far as can be told without running them.

Python parses and imports what there is; commands name tasks, parameters, studies and stages; shell lines are those of
bash; sections of law.cfg have options that somebody reads.
"""

from __future__ import annotations

import ast
import configparser
import doctest
import importlib
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from luigi.task_register import Register

from analysis.candidates import Places
from analysis.registry import find_study, list_studies
from analysis.studies.htautau.study import study as htautau
from docs.site import code_kinds
from docs.site.code_kinds import KINDS, Block, blocks
from docs.site.settings_page import FREE, SECTIONS, options, section_of

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "docs/concepts", "docs/how-to", "docs/tutorials")
PAGES = [ROOT / "README.md", *(page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md")))]
# of luigi and law themselves
GENERAL = {"workers", "help", "help-all", "print-status", "print-deps", "print-output", "remove-output"}
# what stands for any of them, or is made on the page
ANY = re.compile(r"[A-Z_.]+|peak|mine|decays|spread|efficient|twice|chain|counting|dimuon|published|h4l|generated_z")
STEP = re.compile(r"(analysis(?:\.\w+)+):(\w+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_are_of_known_kinds(page: Path):
    for block in blocks(page.read_text()):
        assert block.kind in KINDS, f"line {block.line}"
        # an inner line of a text that is a command would be one that nobody checks
        assert block.kind != "text" or not block.text.startswith(("law run ", "python ")), f"line {block.line}"


def test_examples_of_kinds_are_right():
    done = doctest.testmod(code_kinds)
    assert done.attempted == 1
    assert done.failed == 0


def of_kind(*kinds: str) -> list[Any]:
    """Blocks of all pages, by page and line."""
    found = [(page, block) for page in PAGES for block in blocks(page.read_text()) if block.kind in kinds]
    return [pytest.param(block, id=f"{page.stem}-{block.line}") for page, block in found]


def test_shell_lines_are_those_of_bash():
    for parameter in of_kind("sh"):
        (block,) = parameter.values
        done = subprocess.run(["bash", "-n"], input=runnable(block), capture_output=True, text=True)
        assert done.returncode == 0, f"{parameter.id}: {done.stderr}"


def runnable(block: Block) -> str:
    # an ellipsis stands for what was left out
    return block.text.replace("...", "")


def commands(text: str) -> Iterator[list[str]]:
    """Words of what stands behind ``law run`` in a page: in its blocks of commands, and in its lines."""
    found = [
        line for block in blocks(text) if block.kind == "sh" for line in block.text.replace("\\\n", "").splitlines()
    ]
    text = re.sub(r"^( *```).*?^\1|^    .*?$", "", text, flags=re.MULTILINE | re.DOTALL)
    inside = r"(?:[^`\n]|\n(?!\n))"
    found += [" ".join(one.split()) for one in re.findall(rf"`({inside}*\blaw run {inside}+)`", text)]
    for line in found:
        for command in re.findall(r"\blaw run ([^|&;]+)", line):
            words = shlex.split(re.sub(r"\s#.*|\(.*|\.\.\.", "", command))
            if words and not words[0].startswith(("-", "<")):
                yield words


@cache
def known_tasks() -> dict[str, Any]:
    for module in re.findall(r"^tasks\.\w+$", (ROOT / "law.cfg").read_text(), re.MULTILINE):
        importlib.import_module(module)
    # some of law's are called like some of luigi's
    return {name: cls for name, cls in Register._get_reg().items() if cls is not Register.AMBIGUOUS_CLASS}


@cache
def studies() -> dict[str, Any]:
    places = Places((), (ROOT / "examples",))
    found = [one.name for one in list_studies(places) if not one.error]
    return {name: find_study(name, places) for name in found}


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    yield
    names = {path.name for path in (ROOT / "examples").iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_name_what_there_is(page: Path, examples: None):
    wrong = [f"{' '.join(words)}: {fault}" for words in commands(page.read_text()) for fault in faults(words)]
    assert wrong == []


def faults(words: list[str]) -> Iterator[str]:
    """What a command names that is not there."""
    task = known_tasks().get(words[0])
    if "." in words[0]:
        name, _, stage = words[0].partition(".")
        if name in studies():
            names = {one.name.replace("_", "") for one in studies()[name].stages}
            if stage.lower().replace("_", "") not in names:
                yield f"no stage {stage}"
    elif task is None and not ANY.fullmatch(words[0]):
        yield "no task"
    if task is not None:
        parameters = {name.replace("_", "-"): one for name, one in task.get_params()}
        for word, value in pairwise([*words[1:], ""]):
            flag, _, attached = word.removeprefix("--").partition("=")
            if word.startswith("--") and flag not in GENERAL:
                if flag not in parameters:
                    yield f"no parameter {word}"
                elif flag == "study" and not ANY.fullmatch(attached or value) and (attached or value) not in studies():
                    yield f"no study {value}"
                elif hasattr(parameters[flag], "_choices") and not ANY.fullmatch(attached or value):
                    parameters[flag].parse(attached or value)


def test_faults_are_found(examples: None):
    assert [*faults(["TrainModel", "--study", "htautau", "--network", "lorentz"])] == []
    assert [*faults(["TrainModel", "--studies", "htautau"])] == ["no parameter --studies"]
    assert [*faults(["TrainModel", "--study", "htautauu"])] == ["no study htautauu"]
    assert [*faults(["TrainModels"])] == ["no task"]
    assert [*faults(["h4l.candidate"])] == ["no stage candidate"]


def test_settings_on_pages_are_those_of_the_study():
    text = "\n".join(page.read_text() for page in PAGES)
    for change in set(re.findall(r"--study htautau[^\n`]* --set ([\w.]+=[\w.]+)", text)):
        name, _, value = change.partition("=")
        htautau.with_changes({name: value})


@pytest.mark.parametrize("block", of_kind("yaml"))
def test_yaml_is_read(block: Block):
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", of_kind("ini"))
def test_sections_are_read_by_somebody(block: Block):
    # a block shows alternatives, and may begin its continued lines anywhere
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True, strict=False)
    text = re.sub(r"\s#.*", "", block.text)
    parser.read_string(text)
    for section in parser.sections():
        known = section_of(section.replace("NAME", "x").replace("TASK", "x"))
        assert known, f"nobody reads [{section}]"
        if known not in FREE:
            names = {*options(known), *(known_tasks() if known == "store" else ())}
            assert set(map(str.lower, parser.options(section))) <= {name.lower() for name in names}, section


def test_law_cfg_has_sections_that_are_described():
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    parser.read(ROOT / "law.cfg")
    assert [section for section in parser.sections() if not section_of(section)] == []
    for section in SECTIONS:
        assert all(meaning for meaning, _ in options(section).values()), section


@pytest.mark.parametrize("block", of_kind("python"))
def test_python_parses_and_imports_what_there_is(block: Block, examples: None):
    try:
        tree = ast.parse(block.text)
    except SyntaxError:
        # a part of a call or a class, as it stands in the file that the block names
        tree = ast.parse("f(\n" + block.text.strip().rstrip(",") + "\n)") if "(" in block.text else ast.parse("")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("analysis.", "tasks.")):
            module = importlib.import_module(node.module or "")
            assert [one.name for one in node.names if not has(module, one.name)] == [], node.module
        # steps by their names
        elif isinstance(node, ast.Constant) and (found := STEP.fullmatch(str(node.value))):
            assert defines(found[1], found[2]), node.value


def has(module: Any, name: str) -> bool:
    return hasattr(module, name) or importlib.util.find_spec(f"{module.__name__}.{name}") is not None


def defines(module: str, name: str) -> bool:
    """Whether a module has a definition of that name, without importing it."""
    tree = ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text())
    return any(getattr(node, "name", "") == name for node in tree.body)
