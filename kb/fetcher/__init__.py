"""Other machines' pages: asked for safely, read apart. Nothing else asks an address that a person typed."""

from kb.fetcher.fetch import fetch, is_there
from kb.fetcher.fetch_errors import FetchFailed, sentence_of

__all__ = ["FetchFailed", "fetch", "is_there", "sentence_of"]
