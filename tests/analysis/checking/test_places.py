from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.checking.places import Place, place_of


def place(function: Callable[[], object], *packages: str) -> Place:
    try:
        function()
    except Exception as error:
        found = place_of(error, packages)
        assert found is not None
        return found
    raise AssertionError("it did not fail")


def test_the_line_of_a_study(write: Callable[[str, str], str]) -> None:
    package = write("__init__.py", "import json\ndef f():\n    json.loads('{')\n")
    found = place(importlib.import_module(package).f)
    assert str(found) == f"{package}/__init__.py, line 3"
    assert found.own
    assert found.text == "json.loads('{')"


def test_an_installed_study_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "installed_study.py").write_text("def f(g):\n    g()\n")
    monkeypatch.syspath_prepend(folder)
    module = importlib.import_module("installed_study")

    def fail() -> None:
        import json

        module.f(lambda: json.loads("{"))

    assert place(fail, "installed_study").file.endswith(".py")
    assert place(lambda: module.f(None), "installed_study").own
    assert place(lambda: module.f(None), "installed_study").file == "installed_study.py"
    # of another study, it is a package like any other: the line that calls it counts
    assert place(lambda: module.f(None)).file != "installed_study.py"


def test_the_framework_is_no_study() -> None:
    from analysis.readers.chunks import read_chunk

    found = place_of_framework = None
    try:
        read_chunk(None, None, 0, 0)  # type: ignore[arg-type]
    except AttributeError as error:
        found = place_of(error)
        place_of_framework = place_of(error, {"analysis"})
    assert found is not None
    assert found.file.endswith("test_places.py")  # a test is nobody's package
    assert place_of_framework is not None
    assert place_of_framework.file == found.file


def test_an_error_that_was_never_raised_has_none() -> None:
    assert place_of(ValueError("new")) is None
