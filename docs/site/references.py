"""The papers that pages and docstrings cite, with the places that do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from docs.site.api_pages import ROOT, packages

__all__ = ["cited", "known", "write"]

_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5})")
_DOI = re.compile(r"\b(10\.\d{4,5}/[\w./-]*\w)")


def known() -> dict[str, str]:
    """Authors and title of papers by their number at arXiv."""
    return dict(yaml.safe_load((ROOT / "docs" / "references.yaml").read_text(encoding="utf-8")))


def cited(pattern: re.Pattern[str] = _ARXIV) -> dict[str, list[Path]]:
    """Numbers or DOIs, and the files that cite them."""
    found: dict[str, list[Path]] = {}
    for path in _files():
        for number in sorted(set(pattern.findall(path.read_text(encoding="utf-8")))):
            found.setdefault(number, []).append(path)
    return dict(sorted(found.items()))


def _files() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder, ending in (("docs", "md"), ("analysis", "py"), ("tasks", "py")):
        paths = sorted((ROOT / folder).rglob(f"*.{ending}"))
        yield from (path for path in paths if path.name != "references.md")


def write() -> str:
    """Two lists: papers at arXiv, and DOIs of papers and data."""
    titles = known()
    lines = ["## Papers at arXiv", ""]
    for number, paths in cited().items():
        title = f"{titles[number]}, " if number in titles else ""
        lines.append(f"- {title}[arXiv:{number}](https://arxiv.org/abs/{number}): {_places(paths)}")
    lines += ["", "## Papers and data by DOI", ""]
    lines += [f"- [{doi}](https://doi.org/{doi}): {_places(paths)}" for doi, paths in cited(_DOI).items()]
    return "\n".join(lines)


def _places(paths: list[Path]) -> str:
    documented = {name for names in packages().values() for name in names}
    places = []
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        module = name.removesuffix(".py").replace("/", ".")
        if path.suffix == ".md":
            page = "start.md" if name == "README.md" else name.removeprefix("docs/")
            places.append(f"[{path.stem}]({page})")
        elif module in documented:
            places.append(f"{{py:mod}}`{path.stem} <{module}>`")
        else:
            places.append(f"[{path.stem}](../{name})")
    return ", ".join(places)
