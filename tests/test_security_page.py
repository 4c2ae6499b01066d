"""Each statement of docs/security.md names tests, and these exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"
LIMITS = "What is not protected"
# `test_file.py::Class::test_name`, without a file for the one named before
REFERENCE = re.compile(r"`((?:[\w/]+\.py)?(?:::\w+)+)`")


def sections() -> dict[str, str]:
    """Return the text of each section by its title."""
    _, *parts = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def items() -> list[str]:
    """Return the statements: items of lists, but for those that say what is not protected."""
    texts = (text for title, text in sections().items() if title != LIMITS)
    return [
        re.sub(r"\s+", " ", item) for text in texts for item in re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)
    ]


@cache
def files(name: str) -> list[Path]:
    return [path for path in TESTS.rglob("*.py") if f"/{path.relative_to(TESTS)}".endswith(f"/{name}")]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions of a file, and methods with their classes before them."""

    def walk(body: list[ast.stmt], before: str) -> list[str]:
        found = []
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.append(f"{before}{node.name}")
            elif isinstance(node, ast.ClassDef):
                found += walk(node.body, f"{before}{node.name}::")
        return found

    return frozenset(walk(ast.parse(path.read_bytes(), str(path)).body, ""))


def test_there_are_statements_and_limits() -> None:
    assert len(items()) > 30
    assert sections()[LIMITS].count("\n- ") > 3


@pytest.mark.parametrize("item", items(), ids=lambda item: item[:40])
def test_a_statement_names_its_tests(item: str) -> None:
    references = REFERENCE.findall(item)
    assert references, f"docs/security.md: no test holds this: {item}"
    assert not references[0].startswith("::"), f"no file is named: {item}"
    # nothing stands behind the tests
    assert not re.sub(r"[`,\s]", "", REFERENCE.sub("", item[item.index(f"`{references[0]}`") :]))
    file = ""
    for reference in references:
        name, _, test = reference.partition("::")
        file = name or file
        having = [path for path in files(file) if test in names_in(path)]
        assert having, f"docs/security.md names {file}::{test}, and there is no such test; this one held: {item}"
        assert len(having) == 1, f"{test} is in {having}: name the folder, too"


def test_links_to_sections_lead_there() -> None:
    titles = {title.lower().replace(" ", "-") for title in sections()}
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE.read_text(encoding="utf-8"))) <= titles
