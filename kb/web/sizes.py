"""How much may be sent to us."""

LONGEST_ADDRESS = 32_000
"""Bytes: 2,000 characters of a query, each of which may take 12, and room for the rest."""
LONGEST_QUESTION = 200_000
"""The same of `/api/`, where programs ask what no browser would: some hundred values of 100 characters and more."""
LARGEST_BODY = 64 * 1024
"""Bytes: what a page of ours sends is text that somebody has typed."""
