"""Feeds and lists of feeds. The same values always give the same bytes, for every reader and at any time."""
