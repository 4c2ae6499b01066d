"""Studies by name: built in, in folders, named in the configuration, of installed packages."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis import registry
from analysis.candidates import ENTRY_POINTS
from analysis.errors import StudyError
from analysis.registry import NO_OTHERS, Places, find_study, list_studies, locate_study

STUDY = """
from analysis.study import Study

study = Study(name="{name}", title="A study")
"""

SHORT = 'from analysis.study import Study\n\nstudy = Study("{name}")\n'


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
    forget(before, tmp_path)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], Places]]:
    """``outside({"mine/study.py": text})``: a folder of studies, as ``[studies] path`` names one."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def outside(files: dict[str, str]) -> Places:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        importlib.invalidate_caches()
        return Places(folders=(folder,))

    yield outside
    forget(before, tmp_path)


def forget(before: set[str], folder: Path) -> None:
    registry._find.cache_clear()
    for name in set(sys.modules) - before:
        places = (getattr(sys.modules[name], "__file__", None), *getattr(sys.modules[name], "__path__", ()))
        if any(str(place).startswith(str(folder)) for place in places):
            del sys.modules[name]


def names(places: Places = NO_OTHERS) -> list[str]:
    return [one.name for one in list_studies(places)]


def test_built_in():
    assert find_study("htautau").name == "htautau"
    found = locate_study("htautau")
    assert (found.origin, found.error) == ("built in", "")
    assert found.file.endswith("analysis/studies/htautau/study.py")
    assert found.title
    assert "htautau" in names()


def test_named_in_the_configuration(install: Callable[..., None]):
    install({"others/__init__.py": "", "others/first.py": STUDY.format(name="first")})
    places = Places(("others.first",))
    assert find_study("first", places).name == "first"
    assert {"first", "htautau"} <= set(names(places))


def test_a_package_may_pass_on_the_study_of_a_module(install: Callable[..., None]):
    install({"others/__init__.py": "from others.first import study\n", "others/first.py": STUDY.format(name="first")})
    assert find_study("first", Places(("others", "others.first"))).name == "first"


@pytest.mark.parametrize(
    "value", ["others.second:study", "others.second:study [extra]", "others.second", "others.second:inner.study"]
)
def test_of_an_installed_package(install: Callable[..., None], value: str):
    text = STUDY.format(name="second") + "\nclass inner:\n    study = study\n"
    install({"others/__init__.py": "", "others/second.py": text}, {"second": value})
    assert find_study("second").name == "second"
    assert names() == sorted(names())
    assert "second" in names()


LAYOUTS = {
    "a package": {"mine/__init__.py": "", "mine/study.py": STUDY, "mine/physics.py": ""},
    "a folder": {"mine/study.py": STUDY},
    "a module": {"mine.py": STUDY, "helper.py": "STUDY = 'no study'\n", "mine_physics.py": ""},
    "several packages": {"mine/study.py": f"import shared.cuts\n{STUDY}", "shared/cuts.py": ""},
    "another name": {"folder_name/study.py": STUDY},
    "a name that is made": {"folder_name/study.py": STUDY.replace('"{name}"', '"m" + "ine"')},
}


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_in_a_folder(outside: Callable[..., Places], files: dict[str, str]):
    places = outside({name: text.replace("{name}", "mine") for name, text in files.items()})
    assert find_study("mine", places).name == "mine"
    assert locate_study("mine", places).origin == "folder"
    assert names(places).count("mine") == 1
    assert not {"helper", "shared", "mine_physics"} & set(names(places))


def test_only_what_is_needed_is_imported(install: Callable[..., None], outside: Callable[..., Places]):
    install({"broken_study.py": "raise RuntimeError('imported')\n"}, {"another": "broken_study:study"})
    places = outside({"broken_too/study.py": "1 / 0\n", "mine/study.py": STUDY.format(name="mine")})
    places = Places(("broken_study",), places.folders)
    assert find_study("htautau", places).name == "htautau"
    assert find_study("mine", places).name == "mine"
    assert not {"broken_study", "broken_too", "broken_too.study"} & set(sys.modules)
    listed = {one.name: one.error for one in list_studies(places)}
    assert not listed["mine"]
    assert "RuntimeError: imported" in listed["another"]
    assert "ZeroDivisionError" in listed["broken_too"]


def test_unknown_study(install: Callable[..., None]):
    install({"third_study.py": STUDY.format(name="third")})
    places = Places(("third_study",))
    with pytest.raises(StudyError, match="no study is called 'fifth'") as caught:
        find_study("fifth", places)
    assert re.search(r"use one of: airshower, .*htautau, .*third, ", caught.value.cure)
    assert "[studies], option path" in caught.value.cure
    with pytest.raises(StudyError, match="no study is called ''"):
        find_study("")
    with pytest.raises(StudyError, match=r"no study is called 'fifth'; .* names /nowhere, which is no folder"):
        find_study("fifth", Places(folders=(Path("/nowhere"),)))
    assert find_study("htautau", Places(folders=(Path("/nowhere"),))).name == "htautau"


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
    "this project's package": (
        {},
        "analysis.study",
        "'analysis' .*study.py.* has the name of a package of this project",
    ),
}


@pytest.mark.parametrize(("files", "module", "message"), FAULTS.values(), ids=FAULTS)
def test_modules_that_cannot_be_used(install: Callable[..., None], files: dict[str, str], module: str, message: str):
    install(files)
    places = Places((module,))
    with pytest.raises(StudyError, match=f"no study is called 'mine'; .*{message}") as caught:
        find_study("mine", places)
    assert caught.value.cure
    assert [one for one in list_studies(places) if re.search(message, one.error)]


TAKEN = {
    "analysis": "'analysis' .*analysis/study.py.* has the name of a package of this project",
    "tasks": "'tasks' .* has the name of a package of this project",
    "random": "'random' .* has the name of a module of Python itself",
    "yaml": "'yaml' .* has the name of another package, .*site-packages/yaml",
    "my-study": "'my-study' .* has a name that Python cannot import",
}


@pytest.mark.parametrize(("package", "message"), TAKEN.items(), ids=TAKEN)
def test_a_package_with_the_name_of_another_one(outside: Callable[..., Places], package: str, message: str):
    places = outside({f"{package}/study.py": STUDY.format(name="mine"), "other/study.py": STUDY.format(name="other")})
    for name in ("mine", package):
        with pytest.raises(StudyError, match=message):
            find_study(name, places)
    # others are no worse off
    assert find_study("other", places).name == "other"
    assert find_study("htautau", places).name == "htautau"


def test_a_module_beside_the_study_that_python_finds_elsewhere(outside: Callable[..., Places], tmp_path: Path):
    first = tmp_path / "first"
    first.mkdir()
    (first / "common.py").write_text("FACTOR = 1.0\n")
    study = "from common import FACTOR\n" + STUDY
    (folder,) = outside({"common.py": "FACTOR = 2.0\n", "mine.py": study.format(name="mine")}).folders
    with pytest.raises(StudyError, match=r"module 'common' in .*outside is not the one that Python imports, .*first"):
        find_study("mine", Places(folders=(first, folder)))
    registry._find.cache_clear()
    (first / "common.py").unlink()
    importlib.invalidate_caches()
    assert find_study("mine", Places(folders=(first, folder))).name == "mine"


def test_the_folder_of_a_study_is_not_the_one_that_holds_it(outside: Callable[..., Places], tmp_path: Path):
    outside({"mine/study.py": STUDY.format(name="mine")})
    places = Places(folders=(tmp_path / "outside" / "mine",))
    with pytest.raises(StudyError, match=r"outside/mine, which is a study itself\n  cure: .* holds it: .*/outside$"):
        find_study("mine", places)
    assert find_study("htautau", places).name == "htautau"


TWICE = {
    "a built-in one": ("htautau", {"htautau/study.py": STUDY}, ()),
    "a built-in one, in another folder": ("htautau", {"other/study.py": STUDY}, ()),
    "a built-in one, its name in the first place": ("htautau", {"htautau/study.py": SHORT}, ()),
    "two folders": ("mine", {"mine/study.py": STUDY, "other/study.py": STUDY}, ()),
    "a folder and a module": ("mine", {"mine/study.py": STUDY, "shared/mine.py": STUDY}, ("shared.mine",)),
}


@pytest.mark.parametrize(("name", "files", "modules"), TWICE.values(), ids=TWICE)
def test_two_studies_of_one_name(
    outside: Callable[..., Places], name: str, files: dict[str, str], modules: tuple[str, ...]
):
    places = outside({file: text.format(name=name) for file, text in files.items()})
    with pytest.raises(StudyError, match=rf"two studies are called '{name}': /.*\.py and /.*\.py\n  cure: "):
        find_study(name, Places(modules, places.folders))
    assert find_study("airshower", Places(modules, places.folders)).name == "airshower"


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


@pytest.mark.parametrize("file", ["sp_nam.py", "sp_nam/study.py"])
def test_a_file_that_calls_its_study_otherwise_is_told_and_no_other_fault(outside: Callable[..., Places], file: str):
    places = outside({file: STUDY.format(name="spnam"), "broken/study.py": "1 / 0\n"})
    with pytest.raises(StudyError) as caught:
        find_study("sp_nam", places)
    assert re.fullmatch(rf"no study is called 'sp_nam': /.*/{file} calls its study 'spnam'", caught.value.problem)
    assert caught.value.cure == "say --study spnam, or Study(name='sp_nam', ...) in the file"
    assert find_study("spnam", places).name == "spnam"


TYPOS = {
    "a region": (
        "Region(nmae='a', title='A', cuts=())",
        "Region has name, title, cuts, from_data; did you mean 'name'?",
    ),
    "a study": ("Study('mine', datsets=())", "Study has name, title, datasets, .*; did you mean 'datasets'?"),
    "a change": ("dataclasses.replace(Study('mine'), datsets=())", "did you mean 'datasets'?"),
}


@pytest.mark.parametrize(("statement", "cure"), TYPOS.values(), ids=TYPOS)
def test_a_typo_in_a_keyword_is_told_with_its_line(outside: Callable[..., Places], statement: str, cure: str):
    text = f"import dataclasses\nfrom analysis.study import Region, Study\nstudy = {statement}\n"
    with pytest.raises(StudyError) as caught:
        find_study("mine", outside({"mine/study.py": text}))
    assert re.search(r"unexpected keyword argument '\w+' \(.*mine/study\.py, line 3\)", str(caught.value))
    assert re.search(cure.replace("?", r"\?"), str(caught.value))
