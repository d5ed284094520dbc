"""Annotations of Hypothesis in JSON."""
