"""How sphinx builds these pages: ``sphinx-build --fail-on-warning docs docs/_build``.

No network is needed.  Pages that follow from the package (spec reference, verbs, shipped dataflows)
are written into ``docs/generated`` as the build begins, by ``docs/generate.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generate  # noqa: E402

import accelsim  # noqa: E402

project = "accelsim"
author = "The accelsim authors"
copyright = "The accelsim authors"  # noqa: A001  (sphinx's name for it)
version = release = accelsim.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
nitpicky = True
exclude_patterns = ["_build", "generated"]

html_theme = "furo"
html_title = f"accelsim {release}"
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Write the generated pages before sphinx looks for sources."""
    app.connect("config-inited", lambda *_: generate.write_pages(HERE / "generated"))
