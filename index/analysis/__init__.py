"""From a text to the terms that an index holds: French, English, and folding for all other languages.

Pure: neither Whoosh nor numpy, no clock, and no file but the table of lemmas that is built with it. The chain and its
sources: `chain`.
"""

from index.analysis.analyzer import FINGERPRINT, Terms, Token, analyse, runs, terms_of
from index.analysis.folding import folded
from index.analysis.languages import rules_for
from index.analysis.lemmas import is_french

__all__ = ["FINGERPRINT", "Terms", "Token", "analyse", "folded", "is_french", "rules_for", "runs", "terms_of"]
