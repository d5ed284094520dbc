"""Mark the words of a query in texts, and cut snippets. The caller gives the texts: an engine stores none."""
