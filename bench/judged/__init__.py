"""Judged questions of a collection, with the expected passages and the measures."""
