"""Stop words: words that do not tell the subject of a text.

French: Snowball's list, with the later additions of Lucene's FrenchAnalyzer (154 words; it leaves out `son`, `été`,
`est`, `sommes`, `fût`, `as`, `aura`, `auras`, `avions`, which are also nouns). English: Lucene's list.
"""

from index.analysis.folding import fold

_FRENCH = """
    au aux avec ce ceci cela celà ces cet cette dans de des du elle en et eux ici il ils je la le les leur leurs lui
    ma mais me même mes moi mon ne nos notre nous on ou par pas pour qu que quel quelle quelles quels qui
    sa sans se ses soi sur ta te tes toi ton tu un une vos votre vous
    à c d j l m n s t y
    étée étées étant suis es êtes sont
    serai seras sera serons serez seront serais serait serions seriez seraient
    étais était étions étiez étaient fus fut fûmes fûtes furent
    sois soit soyons soyez soient fusse fusses fussions fussiez fussent
    ayant eu eue eues eus ai avons avez ont
    aurai aurons aurez auront aurais aurait aurions auriez auraient
    avais avait aviez avaient eut eûmes eûtes eurent
    aie aies ait ayons ayez aient eusse eusses eût eussions eussiez eussent
"""
_ENGLISH = """
    a an and are as at be but by for if in into is it no not of on or such
    that the their then there these they this to was will with
"""


def _set_of(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


FRENCH_STOP_WORDS = _set_of(_FRENCH)
"""Folded: a word typed without accents must be left out like the accented word."""
ENGLISH_STOP_WORDS = _set_of(_ENGLISH)
