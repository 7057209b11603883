"""Privacy: the personal data that is held, exported, erased and purged."""

from __future__ import annotations

from number_insight.privacy.subject import erase, export, fingerprints, purge

__all__ = ["erase", "export", "fingerprints", "purge"]
