from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from analysis.checking.signature import Signature, arguments_of
from analysis.errors import StudyError
from analysis.step import Step

Write = Callable[[str, str], str]


def read(write: Write, text: str, name: str = "f") -> Signature:
    package = write("__init__.py", "")
    write("other.py", "import no_such_package\nfrom .third import h\ndef g(events, a=1): ...\nclass Kind: ...\n")
    write("third.py", "def h(truth): ...\n")
    write("physics.py", text)
    return arguments_of(Step(f"{package}.physics:{name}"))


@pytest.mark.parametrize(
    ("text", "names", "required"),
    [
        ("def f(): ...", (), ()),
        ("def f(events, settings=None): ...", ("events", "settings"), ("events",)),
        ("def f(events, *, raw, label=1): ...", ("events", "raw", "label"), ("events", "raw")),
        ("def f(events, *args, raw=2, **more): ...", ("events", "raw"), ("events",)),
        ("def f(x=1, /, y=2): ...", ("x", "y"), ()),
        ("import functools\n@functools.cache\ndef f(events): ...", ("events",), ("events",)),
        ("from .other import g as f", ("events", "a"), ("events",)),
        ("from .other import h as f", ("truth",), ("truth",)),
        ("from .other import *\nf = g", ("events", "a"), ("events",)),
        ("def g(x): ...\nf = g", ("x",), ("x",)),
        ("def f(x): ...\ndef f(y): ...", ("y",), ("y",)),
        ("try:\n    import a\nexcept ImportError:\n    def f(x): ...", ("x",), ("x",)),
        ("if True:\n    def f(x): ...\nelse:\n    pass", ("x",), ("x",)),
    ],
)
def test_arguments(write: Write, text: str, names: tuple[str, ...], required: tuple[str, ...]) -> None:
    found = read(write, text)
    assert found.names == names
    assert found.required == required
    assert "no_such_package" not in sys.modules
    assert not any(module.startswith("outside") for module in sys.modules)


def test_kinds_of_arguments(write: Write) -> None:
    found = read(write, "def f(x=1, /, y=2, *args, z, **more): ...")
    assert found.positional_only == ("x",)
    assert found.keyword_only == ("z",)
    assert (found.any_positional, found.any_keyword) == (True, True)
    assert found.line == 1
    # settings that cannot be hashed are in nobody's way
    assert arguments_of(Step(found.function, {"x": 1})) == found


def test_in_words(write: Write) -> None:
    assert str(read(write, "def f(x, *, y=1): ...")).endswith(".physics:f(x, *, y=...)")


@pytest.mark.parametrize(
    ("text", "name", "message", "cure"),
    [
        ("def candidates(): ...", "candiates", "has no function 'candiates' (", "did you mean 'candidates'?"),
        ("from .other import candidates", "candidates", "has no function 'candidates' (", "correct the step"),
        ("class f: ...", "f", "is a class, not a function (", "'def'"),
        ("from .other import Kind as f", "f", "is a class, not a function (", "'def'"),
        ("async def f(): ...", "f", "is an async function, not", "'def'"),
        ("f = 1.5", "f", "is the value 1.5, not a function (", "'def'"),
        ("f: float = 1.5", "f", "is the value 1.5, not a function (", "'def'"),
        ("import numpy as f", "f", "is a module, not a function (", "'def'"),
        ("from . import other as f", "f", "is a module, not a function (", "'def'"),
        ("def f(events, /): ...", "f", "takes 'events' by position only (", "leave the '/' out"),
        ("f = f", "f", "is the value f, not a function", "'def'"),
    ],
)
def test_what_is_no_function(write: Write, text: str, name: str, message: str, cure: str) -> None:
    with pytest.raises(StudyError) as caught:
        read(write, text, name)
    assert message in caught.value.problem
    assert cure in caught.value.cure


def test_what_is_no_module(write: Write) -> None:
    package = write("__init__.py", "")
    write("physics.py", "")
    with pytest.raises(StudyError) as caught:
        arguments_of(f"{package}.physcis:f")
    assert "which does not exist" in caught.value.problem
    assert f"did you mean '{package}.physics'?" in caught.value.cure
    with pytest.raises(StudyError, match="is of the module 'no_such_package', which does not exist"):
        arguments_of("no_such_package:f")
    for name in ("physics", ":f", "physics:", "physics:f.g"):
        with pytest.raises(StudyError, match="names no function"):
            arguments_of(name)


def test_bad_syntax_is_told_with_its_line(write: Write) -> None:
    with pytest.raises(StudyError, match=r"physics.py:2 is not valid Python"):
        read(write, "x = 1\ndef f(:\n")


def test_steps_of_both_studies_are_read_in_milliseconds() -> None:
    from analysis.registry import find_study

    studies = [find_study(name) for name in ("airshower", "htautau")]
    steps = [stage.step for study in studies for stage in study.stages if stage.step]
    assert len(steps) > 8
    assert all(arguments_of(step).names for step in steps)
    begin = time.perf_counter()
    assert all(arguments_of(step).names for step in steps)
    assert time.perf_counter() - begin < 0.01
