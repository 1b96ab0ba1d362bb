"""How the documentation is built: `tox -e docs`, where every warning is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

from chaos.reference import page

project = "Brownout"
html_title = "Brownout"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
html_theme = "furo"
html_show_copyright = False
exclude_patterns = ["examples/**"]
# The docstrings of this project write code between single backquotes.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_preserve_defaults = True
# What names of the standard library and of typing lead to is not part of this documentation.
nitpicky = False


def indented_as_written(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Pictures, tables and examples stand indented in docstrings; they are shown as they stand."""
    lines[:] = list(_literally(lines))


def _literally(lines: list[str]) -> Iterator[str]:
    within = False
    for before, line in zip(["", *lines], lines, strict=False):
        indented = line.startswith(" ")
        if indented and not within and not before.strip():
            yield from ("::", "")
        if line.strip():
            within = indented
        yield line


def write_catalogue(app: Sphinx) -> None:
    """The one page that is made anew for each build, so that it cannot fall behind what it lists."""
    Path(app.srcdir, "reference", "catalogue.md").write_text(page(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write_catalogue)
    app.connect("autodoc-process-docstring", indented_as_written)
