"""Annotations in the shape of Hypothesis' API, version 1 (h.readthedocs.io), for programs that export them."""
