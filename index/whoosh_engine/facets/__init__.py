"""Facet counts, global ordinals, top terms."""
