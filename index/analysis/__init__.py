"""Turn a text into the terms that the index holds: rules for French and English, case and accent folding for the rest.

The package is pure: it uses neither Whoosh nor numpy nor the clock, and reads one file, the lemma table that is built
with it. `analyzer` lists the steps; each step names its source.
"""

from index.analysis.analyzer import FINGERPRINT, Terms, Token, analyze, terms_of, without_compounds, word_runs
from index.analysis.folding import fold
from index.analysis.languages import rules_for
from index.analysis.lemmas import is_french
