"""The edition of the analysis rules. Terms and lemma tables of another edition were made by other rules: outdated."""

from importlib.metadata import version

CODE = 3
"""Increase it with every change of the analysis result, of the lemma table, or of its file format."""
EDITION = f"florilege-{CODE} simplemma-{version('simplemma')}"
