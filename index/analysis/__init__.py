"""From a text to the terms that an index holds: French, English, and folding for all other languages.

Pure: neither Whoosh nor numpy, no clock, and no file but the table of lemmas that is built with it. The chain and its
sources: `chain`.
"""

from index.analysis.analyzer import FINGERPRINT, Terms, Token, analyze, terms_of, word_runs
from index.analysis.folding import fold
from index.analysis.languages import rules_for
from index.analysis.lemmas import is_french

__all__ = ["FINGERPRINT", "Terms", "Token", "analyze", "fold", "is_french", "rules_for", "terms_of", "word_runs"]
