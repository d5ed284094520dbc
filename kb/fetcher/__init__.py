"""Fetch pages of other sites safely and read them in a subprocess.

No other package requests an address that a user typed.
"""

from kb.fetcher.fetch import check_link_presence, fetch
from kb.fetcher.fetch_errors import FetchFailed, fetch_failure_sentence

__all__ = ["FetchFailed", "check_link_presence", "fetch", "fetch_failure_sentence"]
