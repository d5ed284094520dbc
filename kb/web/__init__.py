"""The web layer: HTTP requests in, pages and JSON out. Rights and searches are left to `kb.services`."""
