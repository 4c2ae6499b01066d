"""What the theme leaves out for readers with a keyboard or a screen reader."""

from __future__ import annotations

from typing import Any

_CURES = (
    # the level of a caption in the table of contents
    ('role="heading"', 'role="heading" aria-level="2"'),
    # what scrolls by itself can be reached
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)


def _cure(app: Any, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    for part in ("body", "furo_navigation_tree"):
        for wrong, right in _CURES:
            context[part] = context.get(part, "").replace(wrong, right)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    # after the theme
    app.connect("html-page-context", _cure, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
