"""Backup archives of a library."""
