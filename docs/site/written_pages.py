"""A directive whose content a function writes in Markdown: commands, settings, references."""

from __future__ import annotations

import importlib
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Written(SphinxDirective):
    """``{written} MODULE``: what the function ``write`` of the module in this folder returns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the text in the place of the directive."""
        module = importlib.import_module(f"docs.site.{self.arguments[0]}")
        # whoever changes what is described wants to see it
        self.env.note_reread()
        return self.parse_text_to_nodes(module.write(), allow_section_headings=True)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("written", Written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
