"""The only interface between the library and the search engine: items become documents, requests become plans."""
