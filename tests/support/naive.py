"""The settings of a site without `USE_TZ`, in a zone far from UTC whose clock changes."""

from __future__ import annotations

from tests.settings import *  # noqa: F403

USE_TZ = False
TIME_ZONE = "America/New_York"
