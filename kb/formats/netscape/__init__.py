"""Bookmark files of browsers."""
