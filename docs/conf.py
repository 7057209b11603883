"""How the documentation is built; nothing is fetched, so it builds offline."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from number_insight import __version__

project = "django-number-insight"
author = "the django-number-insight authors"
project_copyright = author
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_extra_path = ["llms.txt"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
