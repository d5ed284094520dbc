"""Fetch pages of other sites safely and read them in a subprocess; send messages to other sites as safely.

No other package requests an address that a user typed.
"""

from kb.fetcher.fetch import check_link_presence, fetch, post, posted_host
