"""Kept copies of pages: a page as its reader saw it, which SingleFile and other programs send."""
