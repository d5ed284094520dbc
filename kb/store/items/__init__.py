"""Repositories of items and of what belongs to an item."""
