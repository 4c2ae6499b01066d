"""What a function reaches: that a change there is seen, by whatever way code gets at other code, and no other change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from analysis.errors import StudyError
from analysis.provenance.fingerprint import fingerprint
from analysis.provenance.unfollowed import UnfollowedCodeWarning

Write = Callable[[Mapping[str, str | bytes]], None]


class Trap(NamedTuple):
    """Files of a package ``lab``, in which a text is replaced.

    Args:
        files: by name; the function is ``lab.main:f``.
        old: what is replaced, in the one file that has it.
        new: what stands there instead.
        labels: that change.
    """

    files: dict[str, str]
    old: str
    new: str
    labels: set[str]


TRAPS = {
    "a function named like its module": Trap(
        {"main.py": "from lab import fit\ndef f(): return fit()\n", "__init__.py": "from lab.fit import fit\n",
         "fit.py": "def fit(): return 1\n"},
        "return 1", "return 2", {"lab.fit:fit"},
    ),
    "a module named like its function": Trap(
        {"main.py": "from lab import fit\ndef f(): return fit.other()\n", "__init__.py": "from lab.fit import fit\n",
         "fit.py": "def fit(): return 1\ndef other(): return 1.5\n"},
        "return 1.5", "return 2.5", {"lab.fit:other"},
    ),
    "a decorator": Trap(
        {"main.py": "from lab.tools import twice\n@twice\ndef f(x): return x\n",
         "tools.py": "def twice(g):\n    def h(x): return 2 * g(x)\n    return h\n"},
        "2 * g", "3 * g", {"lab.tools:twice"},
    ),
    "a decorator that registers, in another module": Trap(
        {"main.py": "import lab.kinds\nfrom lab.table import KINDS\ndef f(x): return KINDS['a'](x)\n",
         "table.py": "KINDS = {}\ndef kind(name):\n    def put(g):\n        KINDS[name] = g\n        return g\n    return put\n",
         "kinds.py": "from lab.table import kind\n@kind('a')\ndef a(x): return x + 1\n"},
        "x + 1", "x + 2", {"lab.kinds:(import)"},
    ),
    "what a function that registers uses": Trap(
        {"main.py": "import lab.kinds\nfrom lab.table import KINDS\ndef f(x): return KINDS['a'](x)\n",
         "table.py": "KINDS = {}\ndef kind(g):\n    KINDS[g.__name__] = g\n    return g\n",
         "kinds.py": "from lab.table import kind\nSTEP = 1\n@kind\ndef a(x): return x + STEP\n"},
        "STEP = 1", "STEP = 2", {"lab.kinds:STEP"},
    ),
    "a decorator of a table of the same module": Trap(
        {"main.py": "from lab.table import TABLE\ndef f(x): return TABLE.get('a')(x)\n",
         "table.py": "class Table(dict):\n    def register(self, g):\n        self[g.__name__] = g\n        return g\n"
                     "TABLE = Table()\n@TABLE.register\ndef a(x): return x + 1\n"},
        "x + 1", "x + 2", {"lab.table:TABLE"},
    ),
    "import for its effect": Trap(
        {"main.py": "import lab.setup\ndef f(x): return x\n", "setup.py": "import numpy as np\nnp.seterr(all='raise')\n"},
        "raise", "warn", {"lab.setup:(import)"},
    ),
    "an import of an import, for its effect": Trap(
        {"main.py": "from lab import middle\ndef f(x): return middle.g(x)\n",
         "middle.py": "import lab.setup\ndef g(x): return x\n", "setup.py": "import warnings\nwarnings.simplefilter('error')\n"},
        "'error'", "'ignore'", {"lab.setup:(import)"},
    ),
    "an import in a function, for its effect": Trap(
        {"main.py": "def f(x):\n    import lab.setup\n    return x\n", "setup.py": "import numpy as np\nnp.seterr(all='raise')\n"},
        "raise", "warn", {"lab.setup:(import)"},
    ),
    "what the package does": Trap(
        {"main.py": "def f(x): return x\n", "__init__.py": "import os\nos.environ['A'] = 'b'\n"},
        "'b'", "'c'", {"lab:(import)"},
    ),
    "which package of others is imported for its effect": Trap(
        {"main.py": "import numpy\ndef f(x): return x\n"}, "import numpy", "import scipy", {"lab.main:(import)"},
    ),
    "getattr on a module": Trap(
        {"main.py": "from lab import kinds\ndef f(x, name): return getattr(kinds, name)(x)\n", "kinds.py": "def a(x): return x\n"},
        "return x\n", "return -x\n", {"lab.kinds:a"},
    ),
    "getattr on a package": Trap(
        {"main.py": "from lab import kinds\ndef f(x, name): return getattr(kinds, name).g(x)\n",
         "kinds/__init__.py": "from lab.kinds import one\n", "kinds/one.py": "def g(x): return x + 1\n"},
        "x + 1", "x + 2", {"lab.kinds.one:g"},
    ),
    "getattr with a name": Trap(
        {"main.py": "from lab import kinds\ndef f(x): return getattr(kinds, 'a')(x)\n", "kinds.py": "def a(x): return x + 1\ndef b(): ...\n"},
        "x + 1", "x + 2", {"lab.kinds:a"},
    ),
    "a module that is passed on": Trap(
        {"main.py": "from lab import kinds\ndef g(m): return m.a()\ndef f(): return g(kinds)\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "a module in a table": Trap(
        {"main.py": "from lab import kinds\nMODULES = {'a': kinds}\ndef f(): return MODULES['a'].a()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "a module's dictionary": Trap(
        {"main.py": "from lab import kinds\ndef f(): return vars(kinds)['a']()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "globals": Trap(
        {"main.py": "def a(): return 1\ndef f(name): return globals()[name]()\n"}, "return 1", "return 2", {"lab.main:a"},
    ),
    "the module by its own name": Trap(
        {"main.py": "import sys\ndef a(): return 1\ndef f(name): return getattr(sys.modules[__name__], name)()\n"},
        "return 1", "return 2", {"lab.main:a"},
    ),
    "another module among those that are loaded": Trap(
        {"main.py": "import sys\nimport lab.kinds\ndef f(): return sys.modules['lab.kinds'].a()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "importlib with a name": Trap(
        {"main.py": "import importlib\ndef f(): return importlib.import_module('lab.kinds').a()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "importlib with a relative name, renamed": Trap(
        {"main.py": "from importlib import import_module as load\ndef f(): return load('.kinds', __package__).a()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "__import__": Trap(
        {"main.py": "def f(): return __import__('lab.kinds').kinds.a()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "eval of a text": Trap(
        {"main.py": "def a(): return 1\ndef f(): return eval('a()')\n"}, "return 1", "return 2", {"lab.main:a"},
    ),
    "the name of a function in a string": Trap(
        {"main.py": "from analysis.step import Step\nSTEP = Step('lab.kinds:a')\ndef f(): return STEP.load()()\n", "kinds.py": "def a(): return 1\n"},
        "return 1", "return 2", {"lab.kinds:a"},
    ),
    "the name of a function in a string that is put together": Trap(
        {"main.py": "from analysis.step import Step\ndef a(): return 1\ndef f(): return Step(f'{__name__}:a').load()()\n"},
        "return 1", "return 2", {"lab.main:a"},
    ),
    "monkeypatching of another module": Trap(
        {"main.py": "from lab import kinds, patches\ndef f(): return kinds.a()\n", "kinds.py": "def a(): return 1\n",
         "patches.py": "from lab import kinds\ndef b(): return 2.5\nkinds.a = b\n"},
        "2.5", "3.5", {"lab.patches:b"},
    ),
    "that there is monkeypatching": Trap(
        {"main.py": "from lab import kinds, patches\ndef f(): return kinds.a()\n", "kinds.py": "def a(): return 1\n",
         "patches.py": "from lab import kinds\ndef b(): return 2.5\nkinds.a = b\n"},
        "kinds.a = b", "kinds.c = b", {"lab.patches:(import)"},
    ),
    "setattr on another module": Trap(
        {"main.py": "from lab import kinds, patches\ndef f(): return kinds.a()\n", "kinds.py": "def a(): return 1\n",
         "patches.py": "from lab import kinds\nsetattr(kinds, 'a', lambda: 2.5)\n"},
        "2.5", "3.5", {"lab.patches:(import)"},
    ),
    "an item of another module's table": Trap(
        {"main.py": "from lab import table, more\ndef f(): return table.T['a']\n", "table.py": "T = {}\n",
         "more.py": "from lab.table import T\nfor name in 'ab':\n    T[name] = 1.5\n"},
        "1.5", "2.5", {"lab.more:(import)", "lab.more:name"},
    ),
    "a method of another module's object": Trap(
        {"main.py": "from lab import table, more\ndef f(): return table.T['a']\n", "table.py": "T = {}\n",
         "more.py": "from lab.table import T\nT.update(a=1.5)\n"},
        "1.5", "2.5", {"lab.more:(import)"},
    ),
    "an item of a table": Trap(
        {"main.py": "T = {}\nT['a'] = 1.5\ndef f(): return T['a']\n"}, "1.5", "2.5", {"lab.main:T"},
    ),
    "a loop that fills a table": Trap(
        {"main.py": "T = {}\nfor name in 'ab':\n    T[name] = 1.5\ndef f(): return T['a']\n"}, "1.5", "2.5", {"lab.main:T", "lab.main:name"},
    ),
    "a function that fills a table": Trap(
        {"main.py": "from lab import table\ndef f(): return table.T['a']\n",
         "table.py": "T = {}\ndef fill(): T['a'] = 1.5\nfill()\n"},
        "1.5", "2.5", {"lab.table:fill"},
    ),
    "singledispatch in another module": Trap(
        {"main.py": "import lab.circles\nfrom lab.areas import area\ndef f(x): return area(x)\n",
         "areas.py": "import functools\n@functools.singledispatch\ndef area(x): raise TypeError\n",
         "circles.py": "from lab.areas import area\nclass Circle: ...\n@area.register(Circle)\ndef _(x): return 3.14\n"},
        "3.14", "3.15", {"lab.circles:(import)"},
    ),
    "singledispatch by annotation": Trap(
        {"main.py": "import functools\n@functools.singledispatch\ndef f(x): raise TypeError\n@f.register\ndef _(x: int): return 1\n"},
        "x: int", "x: float", {"lab.main:f"},
    ),
    "singledispatch in the same module": Trap(
        {"main.py": "import functools\n@functools.singledispatch\ndef f(x): raise TypeError\n@f.register(int)\ndef _(x): return 1\n"},
        "return 1", "return 2", {"lab.main:f"},
    ),
    "__init_subclass__": Trap(
        {"main.py": "import lab.kinds\nfrom lab.base import Base\ndef f(): return Base.known['A']().g()\n",
         "base.py": "class Base:\n    known = {}\n    def __init_subclass__(cls): Base.known[cls.__name__] = cls\n",
         "kinds.py": "from lab.base import Base\nclass A(Base):\n    def g(self): return 1.5\n"},
        "1.5", "2.5", {"lab.kinds:(import)"},
    ),
    "__init_subclass__ of a base's base": Trap(
        {"main.py": "import lab.kinds\nfrom lab.base import Base\ndef f(): return Base.known['A']().g()\n",
         "base.py": "class Base:\n    known = {}\n    def __init_subclass__(cls): Base.known[cls.__name__] = cls\nclass Middle(Base): ...\n",
         "kinds.py": "from lab import base\nclass A(base.Middle):\n    def g(self): return 1.5\n"},
        "1.5", "2.5", {"lab.kinds:(import)"},
    ),
    "a metaclass": Trap(
        {"main.py": "import lab.kinds\nfrom lab.meta import Meta\ndef f(): return Meta.known['A']().g()\n",
         "meta.py": "class Meta(type):\n    known = {}\n    def __init__(cls, *a): Meta.known[cls.__name__] = cls\n",
         "kinds.py": "from lab.meta import Meta\nclass A(metaclass=Meta):\n    def g(self): return 1.5\n"},
        "1.5", "2.5", {"lab.kinds:(import)"},
    ),
    "a class attribute": Trap(
        {"main.py": "from lab.kinds import A\ndef f(): return A().width\n", "kinds.py": "class A:\n    width = 1.5\n"},
        "1.5", "2.5", {"lab.kinds:A"},
    ),
    "a class attribute through another module": Trap(
        {"main.py": "from lab.kinds import A\ndef f(): return A().width\n", "kinds.py": "from lab.limits import W\nclass A:\n    width = W\n", "limits.py": "W = 1.5\n"},
        "1.5", "2.5", {"lab.limits:W"},
    ),
    "a base class": Trap(
        {"main.py": "from lab.kinds import A\ndef f(): return A().g()\n", "kinds.py": "from lab import base\nclass A(base.Base): ...\n",
         "base.py": "class Base:\n    def g(self): return 1.5\n"},
        "1.5", "2.5", {"lab.base:Base"},
    ),
    "a default argument": Trap(
        {"main.py": "from lab.limits import W\ndef f(w=W): return w\n", "limits.py": "W = 1.5\n"}, "1.5", "2.5", {"lab.limits:W"},
    ),
    "a constant through several modules": Trap(
        {"main.py": "from lab.a import C\ndef f(): return C\n", "a.py": "from lab.b import B\nC = 2 * B\n", "b.py": "from .c import *\nB = 3 * A\n", "c.py": "A = 1.5\n"},
        "1.5", "2.5", {"lab.c:A"},
    ),
    "a conditional import": Trap(
        {"main.py": "try:\n    from lab.fast import g\nexcept ImportError:\n    from lab.slow import g\ndef f(): return g()\n",
         "fast.py": "def g(): return 1.5\n", "slow.py": "def g(): return 2.5\n"},
        "2.5", "3.5", {"lab.slow:g"},
    ),
    "a nested function": Trap(
        {"main.py": "from lab.limits import W\ndef f():\n    def g():\n        return [h(W) for h in (lambda x: x * W,)]\n    return g()\n", "limits.py": "W = 1.5\n"},
        "1.5", "2.5", {"lab.limits:W"},
    ),
    "a module of the package": Trap(
        {"main.py": "from . import limits\ndef f(): return limits.W\n", "limits.py": "W = 1.5\n"}, "1.5", "2.5", {"lab.limits:W"},
    ),
    "a module's __getattr__": Trap(
        {"main.py": "from lab import lazy\ndef f(): return lazy.anything\n", "lazy.py": "def __getattr__(name): return 1.5\n"},
        "1.5", "2.5", {"lab.lazy:__getattr__"},
    ),
    "a name from a module's __getattr__": Trap(
        {"main.py": "from lab import g\ndef f(): return g()\n", "__init__.py": "def __getattr__(name):\n    from lab.late import g\n    return g\n", "late.py": "def g(): return 1.5\n"},
        "1.5", "2.5", {"lab.late:g"},
    ),
    "a name that is passed on": Trap(
        {"main.py": "from lab import exp\ndef f(x): return exp(x)\n", "__init__.py": "from numpy import exp\n"},
        "numpy", "scipy.special", {"lab:exp"},
    ),
    "whose function it is": Trap(
        {"main.py": "from numpy import exp\ndef f(x): return exp(x)\n"}, "numpy", "scipy.special", {"lab.main:f"},
    ),
    "whose functions they are": Trap(
        {"main.py": "from numpy import *\ndef f(x): return exp(x)\n"}, "numpy", "scipy.special", {"lab.main:f"},
    ),
    "a name that hides a built-in one": Trap(
        {"main.py": "from lab.tools import *\ndef f(x): return g(x)\n", "tools.py": "def g(x): return x * 1.5\n"},
        "1.5", "2.5", {"lab.tools:g"},
    ),
    "a global that a function sets": Trap(
        {"main.py": "W = None\ndef g():\n    global W\n    W = 1.5\ndef f():\n    g()\n    return W\n"}, "1.5", "2.5", {"lab.main:g"},
    ),
    "a descriptor that notes its name": Trap(
        {"main.py": "import lab.kinds\nfrom lab.noted import NAMES\ndef f(): return NAMES\n",
         "noted.py": "NAMES = []\nclass Noted:\n    def __init__(self, x): self.x = x\n    def __set_name__(self, owner, name): NAMES.append(name)\n",
         "kinds.py": "from lab.noted import Noted\nclass A:\n    a = Noted(1.5)\n"},
        "1.5", "2.5", {"lab.kinds:(import)"},
    ),
    "a class whose objects are noted": Trap(
        {"main.py": "import lab.kinds\nfrom lab.noted import NAMES\ndef f(): return NAMES\n",
         "noted.py": "NAMES = []\nclass Noted:\n    def __init__(self, x): NAMES.append(x)\n",
         "kinds.py": "from lab.noted import Noted\nA = Noted(1.5)\n"},
        "1.5", "2.5", {"lab.kinds:(import)"},
    ),
}  # fmt: skip


def written(files: Mapping[str, str]) -> dict[str, str | bytes]:
    return {"lab/__init__.py": "", **{f"lab/{name}": text for name, text in files.items()}}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_traps(write: Write, trap: Trap):
    write(written(trap.files))
    before = fingerprint("lab.main:f")
    (name,) = [name for name, text in trap.files.items() if trap.old in text]
    write({f"lab/{name}": trap.files[name].replace(trap.old, trap.new)})
    after = fingerprint("lab.main:f")
    assert {label for label in {*before, *after} if before.get(label) != after.get(label)} == trap.labels


# of a module that is imported: statements that do no more than define, and those that may
DEFINES = {
    "a number": "X = 1",
    "a function": "def g(): print(1)",
    "a table": "X = {'a': [1, 2], **{'b': 3}}",
    "an array": "import numpy as np\nX = np.linspace(0, 1, 3).reshape(3, 1)",
    "a logger": "import logging\nLOG = logging.getLogger(__name__)",
    "a pattern": "import re\nX = re.compile('a').pattern",
    "a type variable": "from typing import TypeVar\nT = TypeVar('T')",
    "a dataclass": "import dataclasses as d\n@d.dataclass(frozen=True)\nclass A:\n    x: list = d.field(default_factory=list)\nX = A()",
    "a checked dataclass": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\n    def __post_init__(self):\n"
    "        if self.x < 0: raise ValueError(f'{self.x}')\nX = A(2)",
    "an object that fills itself": "class A:\n    def __init__(self): self.x = {}\nX = A()",
    "a cached function": "import functools\n@functools.cache\ndef g(): ...",
    "a compiled function": "import functools, jax\n@functools.partial(jax.jit, static_argnames='n')\ndef g(n): ...\nh = jax.jit(g)",
    "a decorator of one's own": "def deco(g):\n    def h(x): return g(x)\n    return h\n@deco\ndef g(): ...",
    "a function that computes": "def g(n):\n    out = []\n    for i in range(n): out.append(i)\n    return out\nX = g(3)",
    "an enumeration": "import enum\nclass A(enum.Enum):\n    X = enum.auto()",
    "a named tuple": "from typing import NamedTuple\nclass A(NamedTuple):\n    x: int\nX = A(1)",
    "a network": "from flax import nnx\nclass Net(nnx.Module):\n    def __init__(self): self.x = 1",
    "a condition": "import sys\nif sys.version_info > (3, 12):\n    X = 1\nelse:\n    X = 2",
    "an attempt": "try:\n    import nothing_of_that_name\nexcept ImportError:\n    nothing_of_that_name = None",
    "a script": "if __name__ == '__main__':\n    print(1)",
    "a change of its own": "X = {}\nX['a'] = 1\nX.update(b=2)\nfor i in 'cd':\n    X[i] = 3",
    "a derivative": "import jax\n@jax.custom_vjp\ndef g(x): ...\ng.defvjp(g, g)",
    "a property": "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, new): ...",
    "a study": "from analysis.study import Study, Result, Step\nstudy = Study(name='s', title='S', datasets=(), stages=())",
    "settings": "from analysis.learning.settings import TrainingSettings\nX = TrainingSettings(epochs=3)",
    "annotations": "x: int\ny: 'list[int]' = []",
}  # fmt: skip
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
    "the study": ("from analysis.study import Step, Study\nstudy = Study(name='s', title='S', datasets=(), stages=())\n"
                  "OTHER = Step('lab.main:g')\ndef f(): return 1\ndef g(): return 2.5\n", "2.5", "3.5"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "old", "new"), NOT_REACHED.values(), ids=NOT_REACHED)
def test_what_is_not_reached_does_not_count(write: Write, code: str, old: str, new: str):
    write(written({"main.py": code}))
    before = fingerprint("lab.main:f")
    assert old in code
    write(written({"main.py": code.replace(old, new)}))
    assert fingerprint("lab.main:f") == before


UNFOLLOWED = {
    "a module by a name": "import importlib\ndef f(name): return importlib.import_module(name)\n",
    "a module by a name, renamed": "from importlib import import_module as load\ndef f(name): return load(name)\n",
    "__import__": "def f(name): return __import__(name)\n",
    "a module that is loaded": "import sys\ndef f(name): return sys.modules[name]\n",
    "the function that imports": "import importlib\ndef f(names): return list(map(importlib.import_module, names))\n",
    "a text": "def f(text): return eval(text)\n",
    "a file": "def f(file):\n    exec(file.read_text())\n",
    "a file by its path": "import runpy\ndef f(path): return runpy.run_path(path)\n",
}


@pytest.mark.parametrize("code", UNFOLLOWED.values(), ids=UNFOLLOWED)
def test_what_cannot_be_followed_is_told(write: Write, code: str):
    write(written({"main.py": code + "\n\ndef g(): ...\n"}))
    line = 1 + next(
        n for n, text in enumerate(code.splitlines()) if "import_module(" in text or (True and "def f" in text)
    )
    with pytest.warns(
        UnfollowedCodeWarning, match=rf"lab/main\.py:({line}|{line + 1}): .*, which no key knows\n  cure"
    ):
        assert "lab.main:f" in fingerprint("lab.main:f")
    # once, and only where it is reached
    fingerprint("lab.main:g")
    fingerprint("lab.main:f")


def test_a_module_that_is_not_there(write: Write):
    write(written({"main.py": "def f():\n    from lab import tools\n    from lab.nothing import g\n"}))
    with pytest.raises(StudyError, match=r"main\.py imports 'lab\.nothing', which does not exist"):
        fingerprint("lab.main:f")
