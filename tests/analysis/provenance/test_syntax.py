"""What a canonical text keeps and what it leaves out, and that every Python writes the same one."""

from __future__ import annotations

import ast
import hashlib
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.provenance.syntax import canonical
from tests.analysis.provenance.pythons import pythons

# as much of Python 3.11's syntax as fits; written so that formatters find something to do
ZOO = r'''
"""A docstring."""
from __future__ import annotations
import os, sys
import collections.abc as abc
from math import (
    tau, pi as PI,
)
from . import sibling
from .. import cousin as c

__all__ = ['f', "g"]
HUGE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
LONG, BINARY, OCTAL = 1_000_000, 0B1011, 0O17
ZERO, INFINITE, TINY = -0.0, 1e999, 5e-324
THIRD = 0.333333333333333333333333333
IMAGINARY = 3 - 1e999j
RAW, BYTES, JOINED = r"\d+\n", b'\x00\xff"', "one " 'two' """three"""
LETTERS = "\N{GREEK SMALL LETTER MU}\u03c4 \U0001fae8 \U0001FACE \ud800 \x00 '\"\\"
NOTHING = None, True, False, ...
x: int = 3
y: "list[float]"
table = {"a": 1, **{'b': 2}, "c": [*range(3)]}
table["d"], (first, *rest) = 4, (1, 2, 3)
x += 1; x //= 2; x **= 2; x @= x
del (first, rest), table["d"]
assert x > 0, f"{x} is not positive"
w, v = 10, 3.5


@abc.Callable
@decorate(width=3, *table, **table)
class Zoo(Base, metaclass=Meta):
    """A docstring."""

    kept: int
    given: float = 1.0
    shared: ClassVar[int] = 2

    def method(self, a, /, b: int = 1, *args: str, c, d=2, **kwargs: float) -> None:
        """A docstring."""

    @property
    def value(self) -> float:
        return self._value if self._value is not None else super().value


async def f(n):
    async with lock as held, other:
        async for i in stream(n):
            await i
    return [j async for j in stream(n) if await j]


def g(n, *, m=lambda q, *a, k=1, **o: (q, a, k, o)):
    global x
    def inner():
        nonlocal n
        n = yield from g(n)
        yield
        yield n, 1
    while (k := n - 1) and not (n < k <= 3 != 4 or n in table or n is not k or n not in [k]):
        if n: continue
        elif k: break
        else: pass
    else:
        n = ~n + -n - +n * n / n // n % n ** n << n >> n & n | n ^ n
    for a, (b, *c) in zip(n, n): print(a, *b, sep="", **c)
    else: return
    return n[1:2, ::3, ..., -1], {k: v for k, v in n.items() if v for _ in v}, {q for q in n}, (q for q in n)


def h(n):
    try:
        raise ValueError("no") from None
    except (ValueError, TypeError) as error:
        raise
    except OSError: pass
    else: return
    finally: n = 1
    try: ...
    except* KeyError: pass
    with (open(n) as a, open(n) as b): pass
    match n:
        case 0 | -1 | 1.5 | "s" | None | True: return 1
        case [1, *others, 2] | {"k": 1, **others}: return 2
        case Zoo(kept=1, given=float() as g) if g > 1: return 3
        case sibling.NAME: return 4
        case [*_]: return 5
        case _: return 6


def strings(x, w, p):
    return (f"", f"plain", f"a{{b}}c{x}{{", f"{x!r}{x!s:>10}{x!a}", f"{x:}", f"{x:{w}}", f"{x:{w}.{p}f}", f"{x=}",
        f"{x = !s:>{w}}", f"{f'{x:{w}}' + 'z'}", rf"\d{x}\n", f"\N{EM DASH}{x}\U0001fae8", "a" f"b{x}" "c" f"d",
        f"{x:%H:%M}", f"{(lambda: 1)()}", f"{x:>{'10'}}", f'{x["a"]}', f"{x:a{w}b{p}c}", f"{x:\x3e10}",
        f"{ {1: 2}[1] }", f"{x!r:^{w}}{'}'}")
'''

# SHA-256 of each statement's canonical text, made with Python 3.11 and the same on 3.12 and 3.13
STORED = {
    '2: """A docstring."""': "1cc5660ce12401fe",
    "3: from __future__ import annotat": "17766102fc3c4e28",
    "4: import os, sys": "f2f2391421e39447",
    "5: import collections.abc as abc": "b9d204ff818e8271",
    "6: from math import (": "729d768a2cc4ab70",
    "9: from . import sibling": "23e6d3d247d17736",
    "10: from .. import cousin as c": "a9acddbe37cada24",
    "12: __all__ = ['f', \"g\"]": "a1363ea941e889c5",
    "13: HUGE = 0xFFFFFFFFFFFFFFFFFFFFF": "98da7aa9015c8a28",
    "14: LONG, BINARY, OCTAL = 1_000_00": "0fdbcaaa8f200c19",
    "15: ZERO, INFINITE, TINY = -0.0, 1": "3652dcf767ade335",
    "16: THIRD = 0.33333333333333333333": "2da20561192e02b5",
    "17: IMAGINARY = 3 - 1e999j": "a84f303f236e3d36",
    '18: RAW, BYTES, JOINED = r"\\d+\\n",': "e6a35f2d4e840aee",
    '19: LETTERS = "\\N{GREEK SMALL LETT': "5e22ef124cbd6dc3",
    "20: NOTHING = None, True, False, .": "66c390d99dc23900",
    "21: x: int = 3": "5a2c97a49b814692",
    '22: y: "list[float]"': "ee0c868f88fe095b",
    '23: table = {"a": 1, **{\'b\': 2}, "': "448bb4a494946fe0",
    '24: table["d"], (first, *rest) = 4': "7b83defb57f06c06",
    "25: x += 1; x //= 2; x **= 2; x @=": "d164db7a0fb5d151",
    '26: del (first, rest), table["d"]': "ff83649f98241bf4",
    '27: assert x > 0, f"{x} is not pos': "0a4b5bcb25eb614f",
    "28: w, v = 10, 3.5": "da384f57b43e73f7",
    "33: class Zoo(Base, metaclass=Meta": "8e262e6924cc3061",
    "48: async def f(n):": "382c5c172aa89d54",
    "55: def g(n, *, m=lambda q, *a, k=": "60009e9f61fab616",
    "73: def h(n):": "9dce159cb8502a00",
    "93: def strings(x, w, p):": "567091eced1a39d5",
}
# of the whole, one after the other
STORED_ZOO = "6c4f90a0f177013f"

SAME = {
    "comments": ("x = 1  # one\n# two\ny = 2\n", "x = 1\ny = 2\n"),
    "docstrings": ('"""A."""\ndef f():\n    """B."""\n    return 1\n', "def f():\n    return 1\n"),
    "a docstring for pass": ('class A:\n    """A."""\n', "class A: pass"),
    "annotations of arguments": (
        "def f(x: int, *a: str, k: float = 1) -> int: return x",
        "def f(x, *a, k=1): return x",
    ),
    "annotation of an assignment": ("x: int = 1", "x = 1"),
    "annotation inside a function": ("def f():\n    x: int\n    x: int = 1", "def f():\n    x = 1"),
    "bare annotation of a module": ("x: int\nx = 1", "x = 1"),
    "another annotation of a field": ("class A:\n    x: int = 1", "class A:\n    x: float = 1"),
    "type comments": ("x = 1  # type: int", "x = 1"),
    "quotes": ("x = 'a' f'{y}'", 'x = "a" f"{y}"'),
    "joined strings": ('x = "a" "b"', 'x = "ab"'),
    "numbers": ("x = 1_000, 0XFF, 1E3, 0.10, 1J", "x = 1000, 255, 1000.0, .1, 1j"),
    "parentheses and commas": ("x = (f(1, 2,))\nreturned = (1)\n", "x = f(1, 2)\nreturned = 1"),
    "parentheses of del": ("del (a, b), c", "del a, b, c"),
    "parentheses of with": ("with (a as b, c): x()", "with a as b, c: x()"),
    "semicolons and backslashes": ("x = 1; y = \\\n  2", "x = 1\ny = 2"),
    "elif": ("if a: b()\nelif c: d()", "if a:\n    b()\nelse:\n    if c:\n        d()"),
    "order of imports": ("import b\nfrom a import d, c\n", "from a import c\nfrom a import d\nimport b"),
    "imports in one": ("import a, b\na(), b()", "import b\nimport a\na(), b()"),
    "future": ("from __future__ import annotations\nx = 1", "x = 1"),
    "__all__": ("__all__ = ['x']\n__all__ += ['y']\nx = 1", "x = 1"),
    "annotated __all__": ("__all__: list[str] = ['x']\nx = 1", "x = 1"),
    "imports of annotations": ("import a\nfrom b import C\ndef f(x: C) -> a.D: ...", "def f(x): ..."),
    "imports of quoted annotations": ("from b import C\ndef f(x: 'list[C]'): ...", "def f(x): ..."),
    "imports for type checkers": (
        "import a\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import C\nimport c\na(), c()",
        "import c\nimport a\na(), c()",
    ),
    "typing only for TYPE_CHECKING": ("import typing\nif typing.TYPE_CHECKING:\n    import a\nx = 1", "x = 1"),
    "what only type checkers read": (
        "from b import C\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    D = C\nelse:\n    D = 1",
        "D = 1",
    ),
}

DIFFERENT = {
    "number": ("x = 1", "x = 2"),
    "type of a number": ("x = 1", "x = 1.0"),
    "truth value": ("x = 1", "x = True"),
    "last digit": ("x = 0.1", "x = 0.10000000000000002"),
    "sign of zero": ("x = 0.0", "x = -0.0"),
    "bytes": ("x = 'a'", "x = b'a'"),
    "text in an f-string": ("x = f'{y} GeV'", "x = f'{y} MeV'"),
    "format": ("x = f'{y:.2f}'", "x = f'{y:.3f}'"),
    "conversion": ("x = f'{y!r}'", "x = f'{y!s}'"),
    "operator": ("x = a + b", "x = a - b"),
    "comparison": ("x = a < b", "x = a <= b"),
    "boolean": ("x = a and b", "x = a or b"),
    "order of operands": ("x = a - b", "x = b - a"),
    "brackets that matter": ("x = a * (b + c)", "x = a * b + c"),
    "default": ("def f(x=1): ...", "def f(x=2): ..."),
    "which default": ("def f(*, a, b=None): ...", "def f(*, a=None, b): ..."),
    "kind of argument": ("def f(a, b): ...", "def f(a, /, b): ..."),
    "keyword": ("f(a=1)", "f(b=1)"),
    "star": ("f(*a)", "f(a)"),
    "decorator": ("@g\ndef f(): ...", "def f(): ..."),
    "decorator's argument": ("@g(1)\ndef f(): ...", "@g(2)\ndef f(): ..."),
    "name": ("x = a", "x = b"),
    "attribute": ("x = a.b", "x = a.c"),
    "async": ("async def f(): ...", "def f(): ..."),
    "order of statements": ("a()\nb()", "b()\na()"),
    "indentation": ("if a:\n    b()\n    c()", "if a:\n    b()\nc()"),
    "else": ("for a in b: c()\nelse: d()", "for a in b: c()\nd()"),
    "statement": ("x = 1\ny()", "x = 1"),
    "import": ("from a import b", "from c import b"),
    "import by another name": ("from a import b, c as d", "from a import b as d, c"),
    "level of an import": ("from . import b", "from .. import b"),
    "import around a statement": ("import a\nx()\nimport b", "import a\nimport b\nx()"),
    "key of a dictionary": ("x = {'a': 1}", "x = {'b': 1}"),
    "unpacking in a dictionary": ("x = {**a}", "x = {a: None}"),
    "slice": ("x = a[1:]", "x = a[:1]"),
    "field of a class": ("class A:\n    x: int", "class A:\n    y: int"),
    "field or class variable": ("class A:\n    x: int = 1", "class A:\n    x = 1"),
    "ClassVar": ("class A:\n    x: int = 1", "class A:\n    x: ClassVar[int] = 1"),
    "quoted InitVar": ("class A:\n    x: int = 1", "class A:\n    x: 'dataclasses.InitVar[int]' = 1"),
    "pattern": ("match a:\n    case None: b()", "match a:\n    case True: b()"),
    "guard": ("match a:\n    case b if c: d()", "match a:\n    case b: d()"),
    "exception": ("try: a()\nexcept B: c()", "try: a()\nexcept D: c()"),
    "not TYPE_CHECKING": ("if not TYPE_CHECKING:\n    x = 1", "if not TYPE_CHECKING:\n    x = 2"),
    "__all__ and another name": ("__all__ = x = 1", "__all__ = y = 1"),
    "quotes that are names": ("x = a", "x = 'a'"),
    "string that looks like text of a tree": ("x = 'a'", "x = \"a') (str 'b\""),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_unchanged_by(one: str, other: str):
    assert canonical(ast.parse(one)) == canonical(ast.parse(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_changed_by(one: str, other: str):
    assert canonical(ast.parse(one)) != canonical(ast.parse(other))


def test_a_tree_is_not_changed():
    tree = ast.parse(ZOO)
    before = ast.dump(tree)
    canonical(tree)
    assert ast.dump(tree) == before


def test_canonical_text_is_plain_and_works_for_huge_numbers():
    text = canonical(ast.parse("µ = 'µ \U0001fae8', 0x" + "F" * 5000))
    assert text.isascii()
    assert "0x" + "f" * 5000 in text


def digests(source: str) -> dict[str, str]:
    tree = ast.parse(source)
    lines = [f"{node.lineno}: {source.splitlines()[node.lineno - 1][:30]}" for node in tree.body]
    nodes = zip(lines, tree.body, strict=True)
    return {line: hashlib.sha256(canonical(node).encode()).hexdigest()[:16] for line, node in nodes}


def whole(source: str) -> str:
    return hashlib.sha256(canonical(ast.parse(source)).encode()).hexdigest()[:16]


def test_stored_digests_of_every_statement():
    assert digests(ZOO) == STORED
    assert whole(ZOO) == STORED_ZOO


def test_other_pythons_write_the_same(repository: Path, tmp_path: Path):
    file = tmp_path / "zoo.py"
    file.write_text(ZOO, encoding="utf-8")
    code = (
        "import ast, hashlib, sys; sys.path.insert(0, sys.argv[1]);"
        "from analysis.provenance.syntax import canonical;"
        "tree = ast.parse(open(sys.argv[2], encoding='utf-8').read());"
        "print(hashlib.sha256(canonical(tree).encode()).hexdigest()[:16])"
    )
    # this Python too, in a process of its own
    for python in [sys.executable, *pythons()]:
        done = subprocess.run(
            [python, "-I", "-c", code, str(repository), str(file)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == STORED_ZOO, python


RUFF = [sys.executable, "-m", "ruff"]
STYLES = {
    "plain": [],
    "single quotes": ["--config", "format.quote-style='single'"],
    "short lines": ["--config", "line-length=40"],
    "long lines": ["--config", "line-length=300", "--config", "format.skip-magic-trailing-comma=true"],
    "tabs": ["--config", "format.indent-style='tab'"],
    "preview": ["--preview"],
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_formatter_changes_nothing(style: list[str], repository: Path):
    pytest.importorskip("ruff", reason="no formatter is installed")
    for source in (ZOO, (repository / "analysis/provenance/local_store.py").read_text()):
        command = [*RUFF, "format", "--isolated", "--target-version", "py311", *style, "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
        assert done.stdout != source
        assert whole(done.stdout) == whole(source)


def test_sorting_imports_changes_nothing():
    pytest.importorskip("ruff", reason="no formatter is installed")
    source = "import sys, os\nfrom b import d, c\nfrom b import a\nimport numpy\nprint(sys, os, a, c, d, numpy)\n"
    command = [*RUFF, "check", "--isolated", "--select", "I,E401", "--fix", "-q", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    assert "from b import a, c, d" in done.stdout
    assert whole(done.stdout) == whole(source)


def test_writing_the_tree_out_anew_changes_nothing():
    assert canonical(ast.parse(ast.unparse(ast.parse(ZOO)))) == canonical(ast.parse(ZOO))


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_random_comments_and_blank_lines_change_nothing(rng: random.Random):
    text = ast.unparse(ast.parse(ZOO))
    inside = {
        n
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for n in range(node.lineno, node.end_lineno or 0)
    }
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        may_end = number not in inside and not line.endswith("\\")
        lines.append(line + rng.choice(["", "  # why", " " * rng.randrange(9)]) if may_end else line)
        if may_end and rng.random() < 0.2:
            lines += rng.choice([[""], ["# a remark"], ["", "", "    # another"]])
    assert whole("\n".join(lines)) == STORED_ZOO


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=10**6), st.randoms(use_true_random=False))
def test_any_changed_constant_changes_the_text(step: int, rng: random.Random):
    tree = ast.parse(ZOO)
    before = canonical(tree)
    docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    annotations = {
        id(inner)
        for n in ast.walk(tree)
        for name in ("annotation", "returns")
        if isinstance(getattr(n, name, None), ast.AST)
        for inner in ast.walk(getattr(n, name))
    }
    exported = {
        id(inner)
        for n in tree.body
        if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"
        for inner in ast.walk(n)
    }
    left_out = docstrings | annotations | exported
    constants = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in left_out]
    node = rng.choice(constants)
    node.value = changed(node.value, step)
    assert canonical(tree) != before


def changed(value: Any, step: int) -> Any:
    if isinstance(value, bool) or value is None or value is ...:
        return step
    if isinstance(value, str):
        return value + chr(32 + step % 90)
    if isinstance(value, bytes):
        return value + b"x"
    if isinstance(value, int):
        return value + 1 + step
    return 0.123 + step
