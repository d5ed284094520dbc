"""BM25 and the top documents."""
