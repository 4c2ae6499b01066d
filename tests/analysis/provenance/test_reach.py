"""What a function reaches: that a change there is seen, by whatever way code gets at other code, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.errors import StudyError
from analysis.provenance.fingerprint import fingerprint
from analysis.provenance.unfollowed import UnfollowedCodeWarning

Write = Callable[[Mapping[str, str | bytes]], None]


TRAPS = yaml.safe_load(Path(__file__).with_name("traps.yaml").read_text())


def written(files: Mapping[str, str]) -> dict[str, str | bytes]:
    return {"lab/__init__.py": "", **{f"lab/{name}": text for name, text in files.items()}}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_traps(write: Write, trap: dict[str, Any]):
    files = {name: text for name, text in trap.items() if name.endswith(".py")}
    old, new = trap["change"]
    write(written(files))
    before = fingerprint("lab.main:f")
    (name,) = [name for name, text in files.items() if old in text]
    write({f"lab/{name}": files[name].replace(old, new)})
    after = fingerprint("lab.main:f")
    assert {label for label in {*before, *after} if before.get(label) != after.get(label)} == set(trap["labels"])


# of a module that is imported: statements that do no more than define, and those that may
DEFINES = {
    "a number": "X = 1",
    "a function": "def g(): print(1)",
    "a table": "X = {'a': [1, 2], **{'b': 3}}",
    "an array": "import numpy as np\nX = np.linspace(0, 1, 3).reshape(3, 1)",
    "a logger": "import logging\nLOG = logging.getLogger(__name__)",
    "a pattern": "import re\nX = re.compile('a').pattern",
    "a type variable": "from typing import TypeVar\nT = TypeVar('T')",
    "a dataclass": (
        "import dataclasses as d\n@d.dataclass(frozen=True)\nclass A:\n"
        "    x: list = d.field(default_factory=list)\nX = A()"
    ),
    "a checked dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n"
        "    def __post_init__(self):\n        if self.x < 0: raise ValueError(f'{self.x}')\nX = A(2)"
    ),
    "an object that fills itself": "class A:\n    def __init__(self): self.x = {}\nX = A()",
    "a cached function": "import functools\n@functools.cache\ndef g(): ...",
    "a compiled function": (
        "import functools, jax\n@functools.partial(jax.jit, static_argnames='n')\ndef g(n): ...\nh = jax.jit(g)"
    ),
    "a decorator of one's own": "def deco(g):\n    def h(x): return g(x)\n    return h\n@deco\ndef g(): ...",
    "a function that computes": (
        "def g(n):\n    out = []\n    for i in range(n): out.append(i)\n    return out\nX = g(3)"
    ),
    "an enumeration": "import enum\nclass A(enum.Enum):\n    X = enum.auto()",
    "a named tuple": "from typing import NamedTuple\nclass A(NamedTuple):\n    x: int\nX = A(1)",
    "a network": "from flax import nnx\nclass Net(nnx.Module):\n    def __init__(self): self.x = 1",
    "a condition": "import sys\nif sys.version_info > (3, 12):\n    X = 1\nelse:\n    X = 2",
    "an attempt": ("try:\n    import nothing_of_that_name\nexcept ImportError:\n    nothing_of_that_name = None"),
    "a script": "if __name__ == '__main__':\n    print(1)",
    "a change of its own": "X = {}\nX['a'] = 1\nX.update(b=2)\nfor i in 'cd':\n    X[i] = 3",
    "a derivative": "import jax\n@jax.custom_vjp\ndef g(x): ...\ng.defvjp(g, g)",
    "a property": ("class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, new): ..."),
    "a study": (
        "from analysis.study import Study, Result, Step\nstudy = Study(name='s', title='S', datasets=(), stages=())"
    ),
    "settings": "from analysis.learning.settings import TrainingSettings\nX = TrainingSettings(epochs=3)",
    "annotations": "x: int\ny: 'list[int]' = []",
}
DOES_MORE = {
    "a call": "import numpy as np\nnp.random.seed(1)",
    "printing": "print(1)",
    "an error": "raise ValueError(1)",
    "a file": "X = open('a').read()",
    "an attribute of another module": "import json\njson.x = 1",
    "an item of another module": "import os\nos.environ['A'] = '1'",
    "deleting there": "import os\ndel os.environ['A']",
    "an unknown decorator": "import click\n@click.command()\ndef g(): ...",
    "a class that is registered": "import jax\n@jax.tree_util.register_pytree_node_class\nclass A: ...",
    "a setting of others, assigned": "import numpy as np\nOLD = np.seterr(all='raise')",
    "a function that changes a table": "T = []\ndef g(): T.append(1)\nX = g()",
    "a function that sets a global": "T = []\ndef g():\n    global T\n    T = [1]\nX = g()",
    "a function that changes its argument": "T = []\ndef g(x): x.append(1)\nX = g(T)",
    "a function that calls one that does": "T = []\ndef h(): T.append(1)\ndef g(): h()\nX = g()",
    "a function that runs its argument": "def g(h): return h()\nX = g(print)",
    "a method of a new object": "class A:\n    def go(self): print(1)\nX = A().go()",
    "a default": "T = []\ndef h(): T.append(1)\ndef g(x=h()): ...",
    "in a class": "T = []\ndef h(): T.append(1)\nclass A:\n    x = h()",
    "in a condition": "import numpy as np\nif True:\n    np.random.seed(1)",
    "with a lock": "import numpy as np\nwith np.errstate():\n    np.random.seed(1)",
}


@pytest.mark.parametrize("code", DEFINES.values(), ids=DEFINES)
def test_statements_that_define_do_not_count_by_themselves(write: Write, code: str):
    write(written({"main.py": "import lab.other\ndef f(): ...\n", "other.py": f"{code}\n"}))
    assert set(fingerprint("lab.main:f")) == {"lab.main:f"}


@pytest.mark.parametrize("code", DOES_MORE.values(), ids=DOES_MORE)
def test_statements_that_do_more_count_with_the_import(write: Write, code: str):
    write(written({"main.py": "import lab.other\ndef f(): ...\n", "other.py": f"{code}\n"}))
    assert "lab.other:(import)" in fingerprint("lab.main:f")


NOT_REACHED = {
    "a neighbour": ("def f(): return 1\ndef g(): return 2.5\n", "2.5", "3.5"),
    "a local name like a neighbour's": ("def f(width): return width\nwidth = 2.5\n", "2.5", "3.5"),
    "an assigned name like a neighbour's": ("def f():\n    g = 1\n    return g\ndef g(): return 2.5\n", "2.5", "3.5"),
    "a name of a comprehension": ("def f(): return [g for g in (1, 2)]\ndef g(): return 2.5\n", "2.5", "3.5"),
    "an annotation": ("def f(x: int): return x\n", "int", "float"),
    "a docstring": ("def f():\n    'a'\n    return 1\n", "'a'", "'b'"),
    "a comment": ("def f(): return 1  # a\n", "# a", "# b"),
    "the order of imports": ("import a\nimport b\ndef f(): return a, b\n", "import a\nimport b", "import b\nimport a"),
    "an import that nothing uses": ("from json import loads\ndef f(): return 1\n", "loads", "dumps"),
    "a type": ("from json import JSONDecoder\ndef f(x: JSONDecoder): return 1\n", "JSONDecoder", "JSONEncoder"),
    "the study": (
        "from analysis.study import Step, Study\nstudy = Study(name='s', title='S', datasets=(), stages=())\n"
        "OTHER = Step('lab.main:g')\ndef f(): return 1\ndef g(): return 2.5\n",
        "2.5",
        "3.5",
    ),
}


@pytest.mark.parametrize(("code", "old", "new"), NOT_REACHED.values(), ids=NOT_REACHED)
def test_what_is_not_reached_does_not_count(write: Write, code: str, old: str, new: str):
    write(written({"main.py": code}))
    before = fingerprint("lab.main:f")
    assert old in code
    write(written({"main.py": code.replace(old, new)}))
    assert fingerprint("lab.main:f") == before


UNFOLLOWED = {
    "a module by a name": "import importlib\ndef f(name): return importlib.import_module(name)\n",
    "a module by a name, renamed": ("from importlib import import_module as load\ndef f(name): return load(name)\n"),
    "__import__": "def f(name): return __import__(name)\n",
    "a module that is loaded": "import sys\ndef f(name): return sys.modules[name]\n",
    "the function that imports": ("import importlib\ndef f(names): return list(map(importlib.import_module, names))\n"),
    "a text": "def f(text): return eval(text)\n",
    "a file": "def f(file):\n    exec(file.read_text())\n",
    "a file by its path": "import runpy\ndef f(path): return runpy.run_path(path)\n",
}


@pytest.mark.parametrize("code", UNFOLLOWED.values(), ids=UNFOLLOWED)
def test_what_cannot_be_followed_is_told(write: Write, code: str):
    write(written({"main.py": code + "\n\ndef g(): ...\n"}))
    line = len(code.splitlines())
    with pytest.warns(UnfollowedCodeWarning, match=rf"lab/main\.py:{line}: .*, which no key knows\n  cure"):
        assert "lab.main:f" in fingerprint("lab.main:f")
    # once, and only where it is reached
    fingerprint("lab.main:g")
    fingerprint("lab.main:f")


def test_a_module_that_is_not_there(write: Write):
    write(written({"main.py": "def f():\n    from lab import tools\n    from lab.nothing import g\n"}))
    with pytest.raises(StudyError, match=r"main\.py imports 'lab\.nothing', which does not exist"):
        fingerprint("lab.main:f")
