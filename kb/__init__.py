"""Florilège: a knowledge base for groups that read together."""

__version__ = "0.2.0"
