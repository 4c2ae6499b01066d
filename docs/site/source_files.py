"""Links of pages to files of the project lead to the interface of a module, or to a copy of the file on the site."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref

from docs.site.api_pages import ROOT, packages

_LANGUAGES = {".py": "python", ".md": "markdown", ".yaml": "yaml", ".sh": "bash", ".cfg": "ini", ".json": "json"}
#: prefix of the names of copies' pages
FOLDER = "files"


def _file(app: Any, docname: str, target: str) -> Path:
    # a page that is included is README, from the folder above
    path = (Path(app.srcdir) / docname).parent / target
    return path if path.exists() else ROOT / target


def _link_files(app: Any, tree: nodes.document) -> None:
    """Link modules to their interface, other files and folders to copies; before Sphinx copies files to download."""
    docname = app.env.docname
    downloads, others = list(tree.findall(download_reference)), list(tree.findall(pending_xref))
    for node in [*downloads, *(one for one in others if one.get("reftype") == "myst" and not one.get("refdomain"))]:
        target = node["reftarget"].partition("#")[0]
        path = _file(app, docname, target).resolve()
        # what Sphinx resolves itself: anchors, pages
        if not target or not path.exists():
            continue
        if path == ROOT / "README.md":
            link = _reference(app, "start", node)
        elif (name := ".".join(path.relative_to(ROOT).with_suffix("").parts)) in packages():
            link = _reference(app, f"api/{name}", node)
        elif any(name in modules for modules in packages().values()):
            link = pending_xref("", refdomain="py", reftype="mod", reftarget=name, refexplicit=True, refwarn=True)
            link += nodes.inline("", "", *(child.deepcopy() for child in node.children))
        else:
            linked(app.env).add(path)
            link = _reference(app, _page(path), node)
        node.replace_self(link)


def linked(env: Any) -> set[Path]:
    """Files and folders that pages link to."""
    if not hasattr(env, "linked_files"):
        env.linked_files = set()
    found: set[Path] = env.linked_files
    return found


def _reference(app: Any, page: str, node: nodes.Element) -> nodes.reference:
    address = app.builder.get_relative_uri(app.env.docname, page)
    return nodes.reference("", "", *(child.deepcopy() for child in node.children), refuri=address, internal=True)


def _page(path: Path) -> str:
    return f"{FOLDER}/{path.relative_to(ROOT).as_posix()}"


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Pages of all linked files, and of those of linked folders."""
    waiting = sorted(linked(app.env))
    done: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        name = path.relative_to(ROOT).as_posix()
        if path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if one.is_dir() or one.suffix in _LANGUAGES]
            inside = [one for one in inside if not one.name.startswith((".", "__"))]
            waiting += inside
            rows = (f'<li><a href="{_relative(app, path, one)}">{one.name}</a></li>' for one in inside)
            body = f"<ul>{''.join(rows)}</ul>"
        else:
            language = _LANGUAGES.get(path.suffix, "text")
            text = path.read_text(encoding="utf-8")
            body = app.builder.highlighter.highlight_block(text, language, linenos=False, force=True)
        yield _page(path), {"title": name, "body": f"<h1>{name}</h1>{body}"}, "page.html"


def _relative(app: Any, start: Path, end: Path) -> str:
    return os.path.relpath(_page(end), os.path.dirname(_page(start))) + str(app.builder.out_suffix)


def _merge(app: Any, env: Any, docnames: list[str], other: Any) -> None:
    env.linked_files = linked(env) | linked(other)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _link_files, priority=100)
    app.connect("env-merge-info", _merge)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
