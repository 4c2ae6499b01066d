"""Studies by name: built in, named in the configuration, of installed packages."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.registry import ENTRY_POINTS, find_study, known_studies

STUDY = """
import dataclasses
from analysis.registry import find_study

study = dataclasses.replace(find_study("htautau"), name="{name}")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """``install({"module.py": text}, entry_points={"name": "module:study"})``: a package beside this project."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)

    def install(files: dict[str, str], entry_points: dict[str, str] | None = None) -> None:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        if entry_points:
            info = folder / "others-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
            lines = [f"{name} = {value}" for name, value in entry_points.items()]
            (info / "entry_points.txt").write_text("\n".join([f"[{ENTRY_POINTS}]", *lines]) + "\n")
        importlib.invalidate_caches()

    yield install
    find_study.cache_clear()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


def test_built_in():
    assert find_study("htautau").name == "htautau"
    assert "htautau" in known_studies()


def test_named_in_the_configuration(install: Callable[..., None]):
    install({"others/__init__.py": "", "others/first.py": STUDY.format(name="first")})
    assert find_study("first", ("others.first",)).name == "first"
    assert {"first", "htautau"} <= set(known_studies(("others.first",)))


@pytest.mark.parametrize(
    "value", ["others.second:study", "others.second:study [extra]", "others.second", "others.second:inner.study"]
)
def test_of_an_installed_package(install: Callable[..., None], value: str):
    text = STUDY.format(name="second") + "\nclass inner:\n    study = study\n"
    install({"others/__init__.py": "", "others/second.py": text}, {"second": value})
    assert find_study("second").name == "second"
    assert known_studies() == sorted(known_studies())
    assert "second" in known_studies()


def test_only_what_is_needed_is_imported(install: Callable[..., None]):
    install({"broken_study.py": "raise RuntimeError('imported')\n"}, {"another": "broken_study:study"})
    assert find_study("htautau", ("broken_study",)).name == "htautau"
    assert "another" in known_studies()
    assert "broken_study" not in sys.modules


def test_unknown_study(install: Callable[..., None]):
    install({"third_study.py": STUDY.format(name="third")}, {"fourth": "nowhere:study"})
    with pytest.raises(StudyError, match="no study is called 'fifth'") as caught:
        find_study("fifth", ("third_study",))
    assert "fourth" in caught.value.cure
    assert "htautau" in caught.value.cure
    assert "third" in caught.value.cure
    assert "[studies]" in caught.value.cure
    with pytest.raises(StudyError, match="no study is called ''"):
        find_study("")


FAULTS = {
    "missing": ({}, "faulty_study", "'faulty_study' does not exist"),
    "missing package": ({}, "faulty_study.inner", "'faulty_study.inner' does not exist"),
    "no name": ({}, "", "'' does not exist"),
    "no study in it": ({"faulty_study.py": "x = 1\n"}, "faulty_study", "gives no study: .*'study'"),
    "another thing": ({"faulty_study.py": "study = 3\n"}, "faulty_study", "gives a int, not a Study"),
    "what it imports is missing": (
        {"faulty_study.py": "import not_installed_anywhere\n"},
        "faulty_study",
        r"ModuleNotFoundError: No module named 'not_installed_anywhere' \(.*faulty_study\.py, line 1\)",
    ),
    "syntax": ({"faulty_study.py": "x = 1\nx = \n"}, "faulty_study", r"SyntaxError: .*faulty_study\.py, line 2"),
    "any error": (
        {"faulty_study.py": "import math\nx = math.nothing\n"},
        "faulty_study",
        r"cannot be imported: AttributeError: .*'nothing' \(.*faulty_study\.py, line 2\)",
    ),
}


@pytest.mark.parametrize(("files", "module", "message"), FAULTS.values(), ids=FAULTS)
def test_modules_that_cannot_be_used(install: Callable[..., None], files: dict[str, str], module: str, message: str):
    install(files)
    with pytest.raises(StudyError, match=message) as caught:
        find_study("mine", (module,))
    assert caught.value.cure
    with pytest.raises(StudyError, match=message):
        known_studies((module,))


def test_one_study_has_one_name(install: Callable[..., None]):
    install({"misnamed_study.py": STUDY.format(name="right")}, {"wrong": "misnamed_study:study"})
    with pytest.raises(StudyError, match="the study 'right' is called 'wrong' by its entry point"):
        find_study("wrong")


def test_reading_a_study_loads_nothing_heavy(repository: Path):
    code = (
        "import sys; from analysis.registry import find_study; find_study('htautau');"
        "print(sorted({'numpy', 'awkward', 'uproot', 'jax', 'law', 'luigi'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
