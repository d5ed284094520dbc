"""Other machines' pages: asked for safely, read apart. Nothing else asks an address that a person typed."""

from kb.fetcher.fetch import check_link_presence, fetch
from kb.fetcher.fetch_errors import FetchFailed, fetch_failure_sentence

__all__ = ["FetchFailed", "check_link_presence", "fetch", "fetch_failure_sentence"]
