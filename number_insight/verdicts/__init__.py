"""Verdicts: what the rules are told, what they find, and what is written of it."""
