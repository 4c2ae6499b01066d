"""Files of a study's folder that steps read without saying so, and their own, which they must not change."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.checking import importing
from analysis.checking.calling import call
from analysis.checking.reading import UndeclaredFileWarning, reading
from analysis.checking.step_checks import check_step
from analysis.errors import StudyError
from analysis.step import Step

# name of a function that reads TABLE in some way, and what it does
READS = {
    "open": "with open(TABLE) as file: return file.read()",
    "pathlib": "return pathlib.Path(TABLE).read_bytes()",
    "numpy": "return np.loadtxt(TABLE)",
    "load": "return np.load(TABLE.replace('txt', 'npy'))",
    "os": "return os.close(os.open(TABLE, os.O_RDONLY))",
    "resources": "return importlib.resources.files(__package__).joinpath('table.txt').read_text()",
    "package": "return pkgutil.get_data(__package__, 'table.txt')",
    "corrections": "return correctionlib.CorrectionSet.from_file(TABLE.replace('txt', 'json'))",
    "other": "from OTHER import lookup; return lookup.value()",
    "imported": "from OTHER import constants; return constants.TABLE",
}
HEAD = """
import importlib.resources, os, pathlib, pkgutil
import correctionlib
import numpy as np
TABLE = str(pathlib.Path(__file__).parent / "table.txt")
"""
CORRECTION = '{"schema_version": 2, "corrections": []}'


@pytest.fixture
def study(write: Callable[..., str], tmp_path: Path) -> Callable[..., Step]:
    """``study("return 1")``: a step of a study with some files."""
    number = count()
    for name, text in (("table.txt", "1.0\n"), ("table.json", CORRECTION), ("other.txt", "2.0\n")):
        write(name, text)

    def _study(body: str, arguments: str = "", **files: str) -> Step:
        package, module = write("__init__.py", ""), f"steps{next(number)}"
        np.save(tmp_path / package / "table.npy", np.ones(3))
        opened = "pathlib.Path(__file__).with_name('other.txt')"
        write("lookup.py", f"import pathlib\ndef value():\n    return {opened}.read_text()\n")
        write("constants.py", f"import pathlib\nTABLE = {opened}.read_text()\n")
        write(f"{module}.py", f"{HEAD}def step({arguments}):\n    {body.replace('OTHER', package)}\n")
        return Step(f"{package}.{module}:step", files=files)

    return _study


@pytest.mark.parametrize("how", READS)
def test_what_is_not_declared_is_told(study: Any, how: str) -> None:
    step = study(READS[how])
    name = {"other": "other.txt", "imported": "other.txt", "load": "table.npy", "corrections": "table.json"}.get(
        how, "table.txt"
    )
    package = step.module.partition(".")[0]
    with pytest.warns(UndeclaredFileWarning) as caught:
        call(step, {}, stage="weights")
    (one,) = {str(warning.message) for warning in caught}
    problem, cure = one.split("\n")
    assert problem.startswith(f"the stage 'weights': {step.function} reads {package}/{name}, which no key knows")
    assert f"say files={{'{Path(name).stem}': '{name}'}} in its Step" in cure


def test_what_is_declared_or_none_of_the_studys_is_not(study: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_text("3")
    bodies = (
        ("return files['t'].read_text()", "files"),
        # by another way
        ("return pathlib.Path(TABLE).read_text()", "files"),
        (f"return files, pathlib.Path({str(tmp_path / 'elsewhere.txt')!r}).read_text()", "files"),
        ("import numpy.polynomial, xmlrpc.client; return files", "files"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for body, arguments in bodies:
            call(study(body, arguments, t="table.txt"), {}, stage="weights")
        # known, as a stage brings it
        step = study("return path.read_text()", "path")
        path = Path(importing.load(step).__code__.co_filename).with_name("table.txt")
        call(step, {"path": path}, stage="weights")


def test_what_fails_is_told_as_a_failure(study: Any) -> None:
    step = study("pathlib.Path(TABLE).read_text(); raise ValueError('no')")
    with pytest.raises(StudyError, match="the stage 'weights' failed: ValueError: no"):
        call(step, {}, stage="weights")


def test_a_task_of_ones_own_is_told_too(study: Any) -> None:
    function = importing.load(study("return pathlib.Path(TABLE).read_text()"))
    with pytest.warns(
        UndeclaredFileWarning, match=r"step reads outside\d+/table\.txt.*\n.*in a Step that the task calls"
    ):
        call(function, {}, stage="windows")


WRITES = {
    "open": "files['t'].write_text('9')",
    "append": "open(files['t'], 'a')",
    "update": "np.memmap(files['t'], np.uint8)[:] = 0",
    "os": "os.open(files['t'], os.O_RDONLY | os.O_TRUNC)",
    "remove": "files['t'].unlink()",
    "rename": "files['t'].rename(TABLE + 'x')",
    "replace": "os.replace(TABLE.replace('table', 'other'), files['t'])",
    "truncate": "os.truncate(files['t'], 0)",
    "another path": "open(os.path.relpath(files['t']), 'w')",
}


@pytest.mark.parametrize("how", WRITES)
def test_a_step_cannot_change_its_file(study: Any, how: str) -> None:
    step = study(WRITES[how], "files", t="table.txt")
    with pytest.raises(
        StudyError, match=r"'weights' failed: the step writes to .*table\.txt, .* lent to read \(outside"
    ):
        call(step, {}, stage="weights")
    folder = Path(importing.load(step).__code__.co_filename).parent
    assert (folder / "table.txt").read_text() == "1.0\n"


def test_a_change_by_compiled_code_is_told_afterwards(study: Any) -> None:
    step = study("import pyarrow; pyarrow.OSFile(str(files['t']), 'wb').write(b'9'); return 1", "files", t="table.txt")
    with pytest.raises(
        StudyError, match=r"'weights' failed: .*table\.txt was changed while outside\d+.steps0:step ran"
    ):
        call(step, {}, stage="weights")


def test_an_edited_file_is_refused_before_the_step_runs(study: Any, tmp_path: Path) -> None:
    step = study("raise AssertionError('it ran')", "files", t="other.txt")
    path = Path(importing.load(step).__code__.co_filename).with_name("other.txt")
    from analysis.provenance.keys import describe

    describe(step)
    path.write_text("5.0\n")
    with pytest.raises(StudyError, match=r"failed: .*other\.txt was edited while the command was running"):
        call(step, {}, stage="weights")


def test_a_study_that_is_checked_has_a_fault_and_no_warning(study: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (finding,) = check_step(study("return float(pathlib.Path(TABLE).read_text())"), {}, stage="weights")
        assert (finding.check, "table.txt" in finding.problem) == ("files", True)
        assert finding.cure.startswith("say files={...} in its Step")
        declared = study("return float(files['t'].read_text())", "files", t="table.txt")
        assert check_step(declared, {}, stage="weights") == []
        (finding,) = check_step(study("files['t'].write_text('2')", "files", t="table.txt"), {}, stage="weights")
        assert (finding.check, finding.file.endswith("steps2.py"), finding.line) == ("inputs", True, 7)


def test_watches_see_what_happens_within_them(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    # this module is no part of the framework
    with reading({"tests"}, {}) as outer:
        with reading({"tests"}, {}) as inner:
            (tmp_path / "a.txt").read_text()
        os.open(tmp_path / "a.txt", os.O_RDONLY)
    assert inner == outer == {str(tmp_path / "a.txt")}
    with reading({"tests"}, {"path": tmp_path / "a.txt"}) as found:
        (tmp_path / "a.txt").read_text()
        (tmp_path / "b.txt").write_text("not read")
    assert found == set()


def test_a_link_to_the_study_is_its_folder_too(study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = "pathlib.Path(__file__).resolve().with_name({!r}).read_text()"
    step = study(f"return {resolved.format('other.txt')}, {resolved.format('table.txt')}", "files", t="table.txt")
    top = step.module.partition(".")[0]
    (tmp_path / "real").mkdir()
    (tmp_path / top).rename(tmp_path / "real" / top)
    (tmp_path / top).symlink_to(tmp_path / "real" / top)
    with pytest.warns(UndeclaredFileWarning) as caught:
        call(step, {}, stage="weights")
    assert f"reads {top}/other.txt, which" in str(caught[0].message)
    assert "files={'other': 'other.txt'}" in str(caught[0].message)
