"""Undo of actions by three-way merge."""
