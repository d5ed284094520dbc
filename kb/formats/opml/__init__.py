"""Lists of feeds and outlines in OPML."""
