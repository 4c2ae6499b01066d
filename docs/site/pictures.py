"""Pictures of concepts stand in the page itself, so that they follow its light and dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes


def _inline(app: Any, tree: nodes.document, docname: str) -> None:
    for node in list(tree.findall(nodes.image)):
        path = Path(app.srcdir) / node["uri"]
        if path.suffix == ".svg" and path.parent.name == "concepts" and app.builder.format == "html":
            # names of parts are those of the page, where another picture may stand
            text = re.sub(r"(?<=[\"#])(?=arrow\b)", f"{path.stem}-", path.read_text(encoding="utf-8"))
            node.replace_self(nodes.raw("", f'<div class="picture">{text}</div>', format="html"))


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", _inline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
