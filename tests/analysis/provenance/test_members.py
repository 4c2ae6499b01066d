"""What a method reaches, and that a change there and nowhere else is seen."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping

import pytest

from analysis.provenance import members
from analysis.provenance.members import class_fingerprint, method_fingerprint
from analysis.study import Dataset, Publication, Region

Write = Callable[[Mapping[str, str | bytes]], None]

BASE = """
class Base:
    scale = 2

    def helper(self):
        return self.scale * 10

    def shared(self):
        return "base"

    def unused(self):
        return 1
"""
TASK = """
from chores.base import Base
from chores.tools import sharpen as whet, blunt
from chores import limits
import chores.lists

STEP = 3
FIRST, SECOND = 1, 2
TABLE = {}
TABLE["a"] = 1
TABLE.update(b=2)
try:
    import fast_json as json
except ImportError:
    import json
if STEP > 2:
    FLAG = "high"
else:
    FLAG = "low"


def decorated(function):
    return function


class Other:
    def run(self):
        return 99


class Task(Base):
    width = 5
    study = "parameter"

    @decorated
    def run(self, n=width):
        from analysis.errors import DataError

        self.helper()
        whet(FIRST, TABLE, json, FLAG)
        study()
        limits.HIGHEST
        chores.lists.LONG
        raise DataError(self.study)

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self._value = new

    def through_property(self):
        return self.value

    def shared(self):
        return "own, then " + super().shared()

    def through_type(self):
        return type(self).width, self.__class__.scale

    def through_super(self):
        return super().helper()

    def alone(self):
        return 0


def study():
    return "a function that is called like a parameter"
"""
CHORES = {
    "chores/__init__.py": "",
    "chores/base.py": BASE,
    "chores/task.py": TASK,
    "chores/tools.py": "def sharpen(*a):\n    return EDGE\n\nEDGE = 1\n\ndef blunt():\n    return EDGE\n",
    "chores/limits.py": "HIGHEST = 7\nLOWEST = 1\n",
    "chores/lists.py": "LONG = [1, 2, 3]\n",
}


def task_class(write: Write, files: Mapping[str, str | bytes]) -> type:
    write(files)
    for name in [name for name in sys.modules if name.partition(".")[0] == "chores"]:
        del sys.modules[name]
    return importlib.import_module("chores.task").Task


def changed(write: Write, method: str, file: str, old: str, new: str) -> set[str]:
    """Which labels of a method's fingerprint differ after a change of a file; the change is undone."""
    ignored = frozenset({"study"})
    before = method_fingerprint(task_class(write, CHORES), method, ignored)
    text = CHORES[file]
    assert text.count(old) >= 1
    after = method_fingerprint(task_class(write, {**CHORES, file: text.replace(old, new)}), method, ignored)
    assert method_fingerprint(task_class(write, CHORES), method, ignored) == before
    return {label for label in {*before, *after} if before.get(label) != after.get(label)}


REACHED = {
    "the method itself": ("run", "task", "self.helper()", "self.helper(), 1", {"chores.task:Task.run"}),
    "a method of a base class": ("run", "base", "* 10", "* 11", {"chores.base:Base.helper"}),
    "what that uses": ("run", "base", "scale = 2", "scale = 3", {"chores.base:Base.scale"}),
    "a decorator": ("run", "task", "return function", "return 1", {"chores.task:decorated"}),
    "a default in the class's scope": ("run", "task", "width = 5", "width = 6", {"chores.task:Task.width"}),
    "an imported function": ("run", "tools", "return EDGE\n\nE", "return -EDGE\n\nE", {"chores.tools:sharpen"}),
    "what the imported function uses": ("run", "tools", "EDGE = 1", "EDGE = 2", {"chores.tools:EDGE"}),
    "which function is imported": ("run", "task", "sharpen as whet, blunt", "blunt as whet", {
        "chores.task:Task.run", "chores.tools:sharpen", "chores.tools:blunt",
    }),
    "one of several at once": ("run", "task", "SECOND = 1, 2", "SECOND = 4, 2", {"chores.task:FIRST"}),
    "an item of a table": ("run", "task", 'TABLE["a"] = 1', 'TABLE["a"] = 2', {"chores.task:TABLE"}),
    "an update of a table": ("run", "task", "(b=2)", "(b=3)", {"chores.task:TABLE"}),
    "a definition in a condition": ("run", "task", '"high"', '"higher"', {"chores.task:FLAG"}),
    "a condition": ("run", "task", "if STEP > 2", "if STEP > 1", {"chores.task:FLAG"}),
    "what a condition reads": ("run", "task", "STEP = 3", "STEP = 4", {"chores.task:STEP"}),
    "an import in a try": ("run", "task", "import fast_json as", "import faster_json as", {"chores.task:json"}),
    "a function called like a parameter": ("run", "task", "is called", "is named", {"chores.task:study"}),
    "a module that is imported": ("run", "limits", "HIGHEST = 7", "HIGHEST = 8", {"chores.limits:HIGHEST"}),
    "a module of a package": ("run", "lists", "2, 3", "3, 2", {"chores.lists:LONG"}),
    "a setter": ("through_property", "task", "self._value = new", "self._value = 2 * new", {"chores.task:Task.value"}),
    "the overridden": ("shared", "base", '"base"', '"root"', {"chores.base:Base.shared"}),
    "an attribute of the type": ("through_type", "task", "width = 5", "width = 6", {"chores.task:Task.width"}),
    "an attribute of __class__": ("through_type", "base", "scale = 2", "scale = 3", {"chores.base:Base.scale"}),
    "a method through super": ("through_super", "base", "* 10", "* 11", {"chores.base:Base.helper"}),
}  # fmt: skip
NOT_REACHED = {
    "a neighbour": ("run", "task", "return 99", "return 98"),
    "another method": ("run", "task", "return 0", "return 1"),
    "another method of the base": ("run", "base", "return 1", "return 2"),
    "a parameter's default": ("run", "task", 'study = "parameter"', 'study = "another"'),
    "a function that is imported, but not used": ("run", "tools", "return EDGE\n", "return EDGE  # same\n"),
    "imports in one statement": ("run", "task", "whet, blunt", "whet\nfrom chores.tools import blunt"),
    "the order of imports": ("run", "task", "sharpen as whet, blunt", "blunt, sharpen as whet"),
    "annotations": ("run", "task", "def run(self, n=width):", "def run(self, n: Other = width) -> Other:"),
    "a docstring": ("run", "task", "def run(self, n=width):", 'def run(self, n=width):\n        """Run."""'),
}  # fmt: skip


@pytest.mark.parametrize(("method", "file", "old", "new", "labels"), REACHED.values(), ids=REACHED)
def test_reached(write: Write, method: str, file: str, old: str, new: str, labels: set[str]):
    assert changed(write, method, f"chores/{file}.py", old, new) == labels


@pytest.mark.parametrize(("method", "file", "old", "new"), NOT_REACHED.values(), ids=NOT_REACHED)
def test_not_reached(write: Write, method: str, file: str, old: str, new: str):
    assert changed(write, method, f"chores/{file}.py", old, new) == set()


def test_physics_counts_by_definitions(write: Write):
    found = method_fingerprint(task_class(write, CHORES), "run")
    assert "analysis.errors:DataError" in found
    assert "analysis.errors:FitError" not in found


def test_other_tasks_that_are_asked_for_do_not_count(write: Write):
    text = (
        "import luigi\nclass Other(luigi.Task):\n    pass\n"
        "class Task(luigi.Task):\n    def run(self):\n        return Other.req(self)\n"
    )
    assert set(method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")) == {
        "chores.task:Task.run"
    }


def test_the_framework_does_not_count(write: Write):
    text = (
        "from tasks.framework.record_task import recorded\nfrom tasks.framework import reporting\n"
        "class Task:\n    @recorded\n    def run(self):\n        reporting.tell('x')\n"
    )
    assert set(method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")) == {
        "chores.task:Task.run"
    }


def test_what_refuses_values_does_not_count(write: Write):
    text = (
        "from analysis.checking.calling import call\nfrom analysis.wiring import wiring\n"
        "class Task:\n    def run(self):\n        from analysis.checking.stage_values import check_value\n"
        "        return check_value(call(wiring))\n"
    )
    assert set(method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")) == {
        "chores.task:Task.run"
    }


def test_classes_that_are_not_at_the_top_of_their_module(write: Write):
    text = "if True:\n    class Task:\n        def run(self):\n            return 1\n"
    before = method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")
    after = method_fingerprint(task_class(write, CHORES | {"chores/task.py": text.replace("1", "2")}), "run")
    assert set(before) == {"chores.task:Task.run"}
    assert before != after


def test_names_from_a_star_import(write: Write):
    text = "from chores.limits import *\nclass Task:\n    def run(self):\n        return HIGHEST\n"
    found = method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")
    assert "chores.limits:HIGHEST" in found
    assert "chores.limits:LOWEST" not in found


def test_functions_that_call_each_other_end(write: Write):
    text = (
        "def a():\n    return b()\ndef b():\n    return a()\n"
        "class Task:\n    def run(self):\n        self.run()\n        a()\n"
    )
    assert set(method_fingerprint(task_class(write, CHORES | {"chores/task.py": text}), "run")) == {
        "chores.task:Task.run",
        "chores.task:a",
        "chores.task:b",
    }


def test_methods_of_others_do_not_count():
    from luigi import Task

    assert method_fingerprint(Task, "run") == {}
    assert method_fingerprint(int, "bit_length") == {}


def test_the_code_of_a_class():
    found = class_fingerprint(Dataset)
    # weights are made of it, and those who use it need not import it
    assert "analysis.datasets:Dataset.weight_per_fb" in found
    assert not any("cross_section" in label for label in found)
    assert class_fingerprint(Region) == class_fingerprint(Publication) == {}


def test_a_property_counts_and_what_makes_the_fields_does_not(write: Write):
    text = (
        "from dataclasses import dataclass\nfrom typing import ClassVar\n\n@dataclass\nclass Task:\n"
        "    width: float = 2.0\n    kind: ClassVar[str] = 'narrow'\n\n"
        "    def __post_init__(self):\n        assert self.width > 0\n\n"
        "    @property\n    def half(self):\n        return self.width / 2\n"
    )
    found = class_fingerprint(task_class(write, CHORES | {"chores/task.py": text}))
    assert set(found) == {"chores.task:Task.half", "chores.task:Task.kind"}
    files = CHORES | {"chores/task.py": text.replace("/ 2", "/ 3").replace("> 0", "> 1").replace("= 2.0", "= 4.0")}
    after = class_fingerprint(task_class(write, files))
    assert after["chores.task:Task.kind"] == found["chores.task:Task.kind"]
    assert after["chores.task:Task.half"] != found["chores.task:Task.half"]


def test_a_capsule_reaches_nothing_that_cannot_be_followed(monkeypatch: pytest.MonkeyPatch):
    from tasks.preservation import PreserveStudy

    doubts: dict[tuple[str, int], str] = {}
    monkeypatch.setattr(members, "warn_of", doubts.update)
    method_fingerprint.cache_clear()
    found = method_fingerprint(PreserveStudy, "run")
    assert "analysis.candidates:candidates" in found
    assert doubts == {}
