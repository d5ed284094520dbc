"""Which edition of the analysis this is: what says whether terms, and tables, were made by these rules."""

from importlib.metadata import version

CODE = 3
"""To be raised with every change of what a text gives, or of what the table of lemmas says or how it is written."""
EDITION = f"florilege-{CODE} simplemma-{version('simplemma')}"
