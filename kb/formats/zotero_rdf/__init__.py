"""Libraries of Zotero in RDF."""
