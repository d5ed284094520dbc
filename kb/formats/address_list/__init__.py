"""A list of addresses, one on each line."""
