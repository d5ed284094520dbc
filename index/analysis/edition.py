"""The edition of the analysis rules. Terms and lemma tables of another edition were made by other rules: outdated."""

from importlib.metadata import version

CODE = 3
"""To be raised with every change of what a text gives, or of what the table of lemmas says or how it is written."""
EDITION = f"florilege-{CODE} simplemma-{version('simplemma')}"
