"""Completion of what is typed: suggestions from the index."""
