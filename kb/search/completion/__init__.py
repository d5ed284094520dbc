"""Completion of typed text: suggestions from the index."""
