"""How sphinx builds these pages: ``sphinx-build --fail-on-warning docs docs/_build``.

No network is needed.  Pages that follow from the package (keys of specs, verbs, shipped dataflows)
stand in ``docs/reference``; ``docs/generate.py`` writes them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import accelsim

project = "accelsim"
author = "The accelsim authors"
copyright = "The accelsim authors"  # noqa: A001  (sphinx's name for it)
version = release = accelsim.__version__

extensions = ["myst_parser"]
myst_heading_anchors = 3
nitpicky = True
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"accelsim {release}"
html_show_sphinx = False
