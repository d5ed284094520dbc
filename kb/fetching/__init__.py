"""Other machines' pages: asked for safely, read apart. Nothing else asks an address that a person typed."""

from kb.fetching.failing import FetchFailed, sentence_of
from kb.fetching.opening import fetch, is_there

__all__ = ["FetchFailed", "fetch", "is_there", "sentence_of"]
