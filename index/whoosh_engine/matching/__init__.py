"""Evaluation of queries in a segment."""
