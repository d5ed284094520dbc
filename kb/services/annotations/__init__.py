"""Highlights, notes, comments, replies, likes and private notes."""
