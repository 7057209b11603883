"""Verdicts: the facts for the rules, their judgement, and its record."""
