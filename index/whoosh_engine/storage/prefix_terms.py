"""The terms of a segment that begin with a prefix, or, in a KEYWORD field, have a word that begins with it."""

import re
from dataclasses import dataclass

import numpy as np

from index.analysis import fold
from index.schema import Field, Kind
from index.whoosh_engine.storage.array_file import Ints, Mask, starts_of
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.term_dictionary import to_bytes


@dataclass(frozen=True, slots=True)
class PrefixTerms:
    """Terms, as ascending ordinals; `inner`: terms that only have a later word with the prefix."""

    ordinals: Ints
    inner: Mask


@dataclass(frozen=True, slots=True)
class _Forms:
    """The folded forms of all terms of a field, one a line, and the start of each line."""

    text: str
    starts: Ints


def single_spaced(text: str) -> str:
    """Folded, with single spaces: the form in which prefixes are compared."""
    return " ".join(fold(text).split())


def find_prefix_terms(segment: Segment, field: Field, wanted: str) -> PrefixTerms:
    """The terms with a prefix, which is folded and `single_spaced`."""
    if field.kind is Kind.TEXT or not wanted:
        ordinals = np.arange(*segment.lexicon(field.name).starting(to_bytes(wanted)))
        return PrefixTerms(ordinals, np.zeros(len(ordinals), bool))
    forms = segment.kept((field.name, "forms"), lambda: _forms(segment, field.name), lambda it: 5 * len(it.text))
    # Search the prefix first, then check the character before it, because this search is quick.
    letters = re.escape(wanted)
    places = [match.start() for match in re.finditer(f"{letters}(?<![^\\W_]{letters})", forms.text)]
    lines, firsts = np.unique(np.searchsorted(forms.starts, places, "right") - 1, return_index=True)
    return PrefixTerms(lines, np.array(places, np.int64)[firsts] != forms.starts[lines])


def _forms(segment: Segment, name: str) -> _Forms:
    lines = [single_spaced(text) for text in segment.lexicon(name).texts()]
    return _Forms("\n".join(lines), starts_of(np.fromiter((len(line) + 1 for line in lines), np.int64, len(lines))))
