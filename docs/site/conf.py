"""Sphinx's settings for the site; python docs/build.py builds it."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

project = "erumflow"
author = "The erumflow authors"
html_title = "erumflow"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.site.accessibility",
    "docs.site.api_pages",
    "docs.site.code_kinds",
    "docs.site.mathematics",
    "docs.site.pictures",
    "docs.site.source_files",
    "docs.site.written_pages",
]
exclude_patterns = ["site", "results"]
root_doc = "index"

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence", "attrs_inline"]
# anchors of all headings, as repository browsers have them
myst_heading_anchors = 4
smartquotes = False
# python docs/build.py --run
nb_execution_mode = "off"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
# has its outputs with it, of a study from outside
nb_execution_excludepatterns = ["notebook.ipynb"]

# what luigi and law say of their own methods is theirs
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
add_module_names = False
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# code without a language is left as it is
highlight_language = "none"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
# excerpts of what was found are fetched, which browsers forbid for pages from disk
html_show_search_summary = False
