"""Exports of items by users: a group, a search, a list, a selection."""
