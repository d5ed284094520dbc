"""Markdown: one text, or a folder of notes."""
