"""Web Annotation of the W3C in JSON-LD."""
