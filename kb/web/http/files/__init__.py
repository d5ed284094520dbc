"""Answers that are files: static files, downloads, streams."""
