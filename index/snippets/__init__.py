"""Mark the words of a query in texts, and cut snippets. The caller gives the texts: an engine stores none."""

from index.snippets.marker import Marker

__all__ = ["Marker"]
