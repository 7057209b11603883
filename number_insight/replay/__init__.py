"""Replay: stored records judged under other rules. Nothing is bought, and nobody is told."""
