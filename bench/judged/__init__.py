"""Judged questions: what is asked of a collection, what should be found, and how well it is."""
