"""Repositories of groups and of what belongs to a group."""
