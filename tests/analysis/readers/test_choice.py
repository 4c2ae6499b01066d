from __future__ import annotations

import inspect

import pytest

from analysis.errors import StudyError
from analysis.readers.choice import ENDINGS, reader_of
from analysis.source_files import SourceFile
from analysis.step import Step


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_has_a_reader_that_describes(ending: str):
    step = reader_of([SourceFile(f"run.2026.{ending.upper()}", ""), SourceFile(f"other.{ending}", "")])
    assert list(inspect.signature(step.load()).parameters) == ["file", "schema", "start", "stop", "events"]
    describe = Step(f"{step.module}:describe").load()
    assert list(inspect.signature(describe).parameters) == ["file", "tree"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["run.raw"], "nothing is known to read the file 'run.raw'"),
        (["README"], "nothing is known to read the file 'README'"),
        ([], "nothing is known"),
        (["a.root", "b.root", "c.csv"], "files of one data set have several formats: "),
        (["a.root", "b.raw"], "files of one data set have several formats: "),
    ],
)
def test_names_that_say_nothing(names: list[str], message: str):
    with pytest.raises(StudyError, match=message) as caught:
        reader_of([SourceFile(name, "") for name in names])
    assert "Step(" in str(caught.value)
