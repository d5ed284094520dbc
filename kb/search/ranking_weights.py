"""The weights of the parts of a query, beside a stem of a typed word in the words of users, which counts 1.

Measured on French questions: docs/decisions/0019-ranking.md, 0020-rdflib-and-vocabularies.md, 0030-page-text-fields.md.
The constants of BM25 are those of the index.
"""

EXACT_WEIGHT, EXACT_WEIGHT_AMONG_LANGUAGES = 0.2, 0.5
"""How much the words as written add to their stems; where documents are in several languages, more."""
PAGE_WEIGHT = 0.1
"""How much words of the text of pages count as parts of the whole text of an item; the best window of a page text
counts as much as words of users."""
PAIR_WEIGHT = 0.1
"""How much two words give once more when they stand side by side."""
QUOTE_WEIGHT = 0.2
"""How much the words of a quoted part of a sentence give once more where they stand as written."""
SYNONYM_WEIGHT, NARROWER_WEIGHT = 0.6, 0.4
"""How much another label of a vocabulary counts, and a label of a narrower concept."""
