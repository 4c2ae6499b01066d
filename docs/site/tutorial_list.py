"""The tutorials in the order of their numbers, and the page for teachers after them."""

from __future__ import annotations

from docs.site.api_pages import ROOT

__all__ = ["write"]


def write() -> str:
    """A table of contents."""
    names = [path.stem for path in sorted((ROOT / "docs" / "tutorials").glob("*.md"))]
    return "\n".join(["```{toctree}", *(f"tutorials/{name}" for name in names), "```"]) if names else ""
