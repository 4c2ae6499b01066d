from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.checking.importing import load, not_importable
from analysis.errors import StudyError
from analysis.step import Step

Write = Callable[[str, str], str]


def failure(write: Write, text: str) -> StudyError:
    package = write("physics.py", text)
    with pytest.raises(StudyError) as caught:
        load(Step(f"{package}.physics:f"))
    return caught.value


def test_a_module_that_does_not_exist(write: Write) -> None:
    package = write("__init__.py", "")
    with pytest.raises(StudyError, match=f"the module '{package}.physics' does not exist"):
        load(Step(f"{package}.physics:f"))


def test_a_module_that_has_moved(write: Write) -> None:
    with pytest.raises(StudyError) as caught:
        load(Step("analysis.learning.regression:evaluate"))
    assert "there is analysis.learning.evaluation.regression" in caught.value.cure
    assert "there is analysis.learning.data.features" in failure(write, "import analysis.learning.features\n").cure


@pytest.mark.parametrize("name", ["physics", "physics:", ":f", ""])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(StudyError, match="names no function"):
        load(Step(name))


def test_what_is_no_function(write: Write) -> None:
    assert "is a int, not a function" in failure(write, "f = 1\n").problem


def test_an_error_at_import_has_its_line(write: Write) -> None:
    error = failure(write, "x = 1\nraise RuntimeError('boom')\n")
    assert "cannot be imported: RuntimeError: boom (" in error.problem
    assert "physics.py, line 2)" in error.problem


def test_a_missing_package_is_not_the_module_itself(write: Write) -> None:
    error = failure(write, "import no_such_package\n")
    assert "ModuleNotFoundError: No module named 'no_such_package'" in error.problem
    assert "physics.py, line 1)" in error.problem


def test_a_syntax_error_has_its_own_line(write: Write) -> None:
    error = failure(write, "x = 1\ndef f(:\n")
    assert "SyntaxError" in error.problem
    assert "line 2)" in error.problem
    assert "importlib" not in error.problem


@pytest.mark.parametrize(
    "statement",
    [
        "Region(nmae='a', title='A', cuts=())",
        "from dataclasses import replace\nreplace(Region('a', 'A', ()), nmae='b')",
    ],
)
def test_a_typo_in_a_keyword_has_the_line_and_the_nearest_one(write: Write, statement: str) -> None:
    error = failure(write, f"from analysis.measurement import Region\n{statement}\n")
    assert "unexpected keyword argument 'nmae'" in error.problem
    assert f"physics.py, line {2 + statement.count(chr(10))})" in error.problem
    assert "Region has name, title, cuts, from_data; did you mean 'name'?" in error.cure


@pytest.mark.parametrize(
    ("statement", "cure"),
    [
        ("s.Events('cleaned', slects=True)", "did you mean 'selects'?"),
        ("s.Dataset('zz', title='', kind='simulated', generatd=10)", "did you mean 'generated'?"),
        ("s.Histograms('histograms', varables=())", "did you mean 'variables'?"),
    ],
)
def test_a_typo_in_a_keyword_of_what_a_module_has(write: Write, statement: str, cure: str) -> None:
    error = failure(write, f"import analysis.study as s\n{statement}\n")
    assert "unexpected keyword argument" in error.problem
    assert "physics.py, line 2)" in error.problem
    assert cure in error.cure


def test_what_the_vocabulary_refuses_has_the_line(write: Write) -> None:
    error = failure(write, "from analysis.measurement import Variable\nVariable('x', 'X', 'GeV', (1.0, 0.0))\n")
    assert "the variable 'x' has no ascending bin edges" in error.problem
    assert "physics.py, line 2)" in error.problem
    assert "StudyError" not in error.problem


def test_no_module_at_all() -> None:
    assert "does not exist" in str(not_importable("", ValueError("empty")))
