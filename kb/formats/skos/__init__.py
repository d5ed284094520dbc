"""Vocabularies in SKOS, which are read in a sandboxed subprocess."""
