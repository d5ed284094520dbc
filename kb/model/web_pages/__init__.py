"""Web pages: addresses, facts, fetches, link checks."""
