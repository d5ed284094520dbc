"""Texts with the words found marked in them. Pure text work: the text comes from the caller, an engine keeps none."""

from index.snippets.marker import Marker

__all__ = ["Marker"]
